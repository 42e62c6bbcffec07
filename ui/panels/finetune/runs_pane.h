// The column at the left: drafts and runs, with their states.
#pragma once

#include "ui/panels/finetune/run_list_model.h"
#include "ui/widgets/search_list.h"

namespace diptych::finetune {

class RunsPane : public ui::SearchList {
  Q_OBJECT

 public:
  explicit RunsPane(FinetuneController* controller, QWidget* parent = nullptr);  // `controller` must outlive it

  QString current() const;
  void rename_current();

 protected:
  bool list_key(QKeyEvent* event) override;

 private:
  void show_current();
  void update_empty();
  void show_menu(const QPoint& at);

  FinetuneController* controller_;
  RunListModel model_;
};

}  // namespace diptych::finetune
