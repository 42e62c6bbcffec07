// Base and adapter on a prompt of the user's, side by side; blind if wished.
#pragma once

#include <QWidget>

#include "engine/api/training.h"

class QCheckBox;
class QDoubleSpinBox;
class QLabel;
class QLineEdit;
class QPushButton;

namespace diptych::finetune {

class AnswerCard;
class FinetuneController;

class CompareView : public QWidget {
  Q_OBJECT

 public:
  explicit CompareView(FinetuneController* controller, QWidget* parent = nullptr);  // `controller` must outlive it

  void set_result(const api::TrainingResult& result);
  QLineEdit* prompt() const { return prompt_; }
  AnswerCard* left() const { return left_; }
  AnswerCard* right() const { return right_; }

 private:
  void start();
  bool can_start() const;
  void refresh();
  void show_side(AnswerCard* card, bool is_left);
  void show_word();
  QString tally() const;

  FinetuneController* controller_;
  api::TrainingResult result_;
  QLineEdit* prompt_;
  QLineEdit* seed_;
  QLabel* strength_;
  QDoubleSpinBox* scale_;
  QCheckBox* blind_;
  QPushButton* compare_;
  QLabel* about_word_;
  QWidget* answers_;
  AnswerCard* left_;
  AnswerCard* right_;
  QWidget* judge_;
  QLabel* verdict_;
};

}  // namespace diptych::finetune
