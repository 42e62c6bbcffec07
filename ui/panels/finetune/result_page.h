// Step 6: what was learnt: tried beside the base, used, exported.
#pragma once

#include "engine/api/training.h"
#include "ui/panels/finetune/page_frame.h"

class QComboBox;
class QPushButton;

namespace diptych::finetune {

class CompareView;
class ExportForm;
class FinetuneController;

class ResultPage : public PageFrame {
  Q_OBJECT

 public:
  explicit ResultPage(FinetuneController* controller, QWidget* parent = nullptr);  // `controller` must outlive it

  CompareView* compare() const { return compare_; }
  ExportForm* exporting() const { return export_; }

 private:
  void refresh();
  void choose();
  const api::TrainingResult* chosen() const;

  FinetuneController* controller_;
  QLabel* about_;
  QComboBox* results_;
  QPushButton* use_;
  CompareView* compare_;
  ExportForm* export_;
};

}  // namespace diptych::finetune
