// What the model did with the sample prompts after some steps, beside what the base did with the same seed.
#pragma once

#include <QWidget>

class QComboBox;
class QLabel;
class QSlider;

namespace diptych::finetune {

class AnswerCard;
class RunWatch;

class SamplesView : public QWidget {
  Q_OBJECT

 public:
  explicit SamplesView(RunWatch* watch, QWidget* parent = nullptr);  // `watch` must outlive it

  AnswerCard* before() const { return before_; }
  AnswerCard* now() const { return now_; }

 private:
  void refresh();
  void show_sample();

  RunWatch* watch_;
  QComboBox* prompt_;
  QSlider* step_;
  QLabel* step_text_;
  QLabel* empty_;
  QWidget* page_;
  AnswerCard* before_;
  AnswerCard* now_;
};

}  // namespace diptych::finetune
