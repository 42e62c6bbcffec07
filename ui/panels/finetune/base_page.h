// Step 1: which model is trained.
#pragma once

#include "ui/panels/finetune/base_list_model.h"
#include "ui/panels/finetune/page_frame.h"

class QComboBox;
class QLineEdit;
class QListView;
class QStackedWidget;

namespace diptych::ui {
class EmptyState;
}

namespace diptych::finetune {

class BeginningsRow;
class FinetuneController;

class BasePage : public PageFrame {
  Q_OBJECT

 public:
  explicit BasePage(FinetuneController* controller, QWidget* parent = nullptr);  // `controller` must outlive it

  void focus_filter();
  QListView* list() const { return list_; }
  BeginningsRow* beginnings() const { return beginnings_; }

 signals:
  void models_requested();

 private:
  void refresh();
  void show_chosen();

  FinetuneController* controller_;
  BaseListModel model_;
  QLineEdit* filter_;
  QComboBox* kind_;
  QListView* list_;
  QStackedWidget* stack_;
  ui::EmptyState* empty_;
  BeginningsRow* beginnings_;
};

}  // namespace diptych::finetune
