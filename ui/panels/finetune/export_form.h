// Writing a result for other programs.
#pragma once

#include <QWidget>

#include "engine/api/training.h"

class QComboBox;
class QLabel;
class QLineEdit;
class QPushButton;

namespace diptych::finetune {

class FinetuneController;

class ExportForm : public QWidget {
  Q_OBJECT

 public:
  explicit ExportForm(FinetuneController* controller, QWidget* parent = nullptr);  // `controller` must outlive it

  void set_result(const api::TrainingResult& result);
  QLineEdit* folder() const { return folder_; }
  QComboBox* format() const { return format_; }
  void run();

 private:
  void choose_folder();
  void explain();
  void refresh();

  FinetuneController* controller_;
  api::TrainingResult result_;
  QComboBox* format_;
  QComboBox* type_;
  QLineEdit* folder_;
  QPushButton* export_;
  QLabel* about_;
  QLabel* done_;
  QPushButton* show_;
};

}  // namespace diptych::finetune
