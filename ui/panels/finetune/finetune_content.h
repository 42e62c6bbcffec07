// The middle of the panel: steps at the left, the page, and the bar below it.
#pragma once

#include <QWidget>

#include "ui/panels/finetune/wizard_page.h"

class QStackedWidget;

namespace diptych::ui {
class EmptyState;
}

namespace diptych::finetune {

class BasePage;
class CheckPage;
class DataPage;
class FinetuneController;
class GoalPage;
class ResultPage;
class RunPage;
class StepList;
class WizardBar;

class FinetuneContent : public QWidget {
  Q_OBJECT

 public:
  explicit FinetuneContent(FinetuneController* controller, QWidget* parent = nullptr);  // `controller` must outlive it

  StepList* steps() const { return steps_; }
  WizardBar* bar() const { return bar_; }
  BasePage* base_page() const { return base_; }
  DataPage* data_page() const { return data_; }
  GoalPage* goal_page() const { return goal_; }
  CheckPage* check_page() const { return check_; }
  RunPage* run_page() const { return run_; }
  ResultPage* result_page() const { return result_; }
  void focus_page();
  void open_recipe();  // asks for a file

 signals:
  void new_requested();

 protected:
  void resizeEvent(QResizeEvent* event) override;
  void dragEnterEvent(QDragEnterEvent* event) override;  // of recipes, on every page
  void dropEvent(QDropEvent* event) override;

 private:
  void show_page();
  void show_steps();
  void offer_examples(ui::EmptyState* empty);
  QWidget* page_widget(WizardPage page) const;

  FinetuneController* controller_;
  QStackedWidget* whole_;
  StepList* steps_;
  QStackedWidget* stack_;
  WizardBar* bar_;
  BasePage* base_;
  DataPage* data_;
  GoalPage* goal_;
  CheckPage* check_;
  RunPage* run_;
  ResultPage* result_;
};

}  // namespace diptych::finetune
