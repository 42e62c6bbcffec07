// Step 5: the run while it runs, and what it said after it has ended.
#pragma once

#include "ui/panels/finetune/page_frame.h"

class QProgressBar;
class QPushButton;

namespace diptych::ui {
class ElidedLabel;
}

namespace diptych::finetune {

class FinetuneController;
class RunCharts;
class SamplesView;

class RunPage : public PageFrame {
  Q_OBJECT

 public:
  explicit RunPage(FinetuneController* controller, QWidget* parent = nullptr);  // `controller` must outlive it

  RunCharts* charts() const { return charts_; }
  SamplesView* samples() const { return samples_; }

 protected:
  void resizeEvent(QResizeEvent* event) override;

 private:
  void make_buttons();
  void name_buttons();  // where there is room; else their tooltips say it
  void refresh();
  void show_notes();
  void show_problem();
  void say(const QString& text);

  FinetuneController* controller_;
  ui::ElidedLabel* state_;
  QProgressBar* progress_;
  ui::ElidedLabel* figures_;
  QWidget* problem_;
  QLabel* problem_text_;
  QPushButton* problem_action_;
  QWidget* buttons_;
  QPushButton* sample_;
  QPushButton* save_;
  QPushButton* pause_;
  QPushButton* stop_;
  RunCharts* charts_;
  SamplesView* samples_;
  QLabel* notes_title_;
  QLabel* notes_;
  QString said_;
};

}  // namespace diptych::finetune
