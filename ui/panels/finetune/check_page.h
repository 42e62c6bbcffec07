// Step 4: what the run will take against what the machine has, and what would make it fit.
#pragma once

#include "ui/panels/finetune/page_frame.h"

class QLineEdit;
class QProgressBar;

namespace diptych::finetune {

class FactsGrid;
class FinetuneController;
class MemoryPlan;

class CheckPage : public PageFrame {
  Q_OBJECT

 public:
  explicit CheckPage(FinetuneController* controller, QWidget* parent = nullptr);  // `controller` must outlive it

 protected:
  void changeEvent(QEvent* event) override;

 private:
  void refresh();
  void show_alternatives();

  FinetuneController* controller_;
  QLineEdit* name_;
  QProgressBar* busy_;
  QLabel* verdict_;
  QLabel* to_do_;
  QWidget* card_;
  MemoryPlan* memory_;
  FactsGrid* facts_;
  QLabel* ways_title_;
  QVBoxLayout* ways_;
};

}  // namespace diptych::finetune
