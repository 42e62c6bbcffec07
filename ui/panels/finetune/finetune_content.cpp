#include "ui/panels/finetune/finetune_content.h"

#include <QDragEnterEvent>
#include <QHBoxLayout>
#include <QPushButton>
#include <QStackedWidget>

#include "ui/client/text.h"
#include "ui/panels/finetune/base_page.h"
#include "ui/panels/finetune/beginnings_row.h"
#include "ui/panels/finetune/check_page.h"
#include "ui/panels/finetune/data_page.h"
#include "ui/panels/finetune/data_sources.h"
#include "ui/panels/finetune/finetune_controller.h"
#include "ui/panels/finetune/goal_page.h"
#include "ui/panels/finetune/result_page.h"
#include "ui/panels/finetune/run_page.h"
#include "ui/panels/finetune/step_list.h"
#include "ui/panels/finetune/wizard_bar.h"
#include "ui/widgets/empty_state.h"

namespace diptych::finetune {
namespace {

constexpr int wide_steps_from = 760;  // px of the content

}  // namespace

FinetuneContent::FinetuneContent(FinetuneController* controller, QWidget* parent)
    : QWidget(parent),
      controller_(controller),
      whole_(new QStackedWidget(this)),
      steps_(new StepList(this)),
      stack_(new QStackedWidget(this)),
      bar_(new WizardBar(controller, this)),
      base_(new BasePage(controller)),
      data_(new DataPage(controller)),
      goal_(new GoalPage(controller)),
      check_(new CheckPage(controller)),
      run_(new RunPage(controller)),
      result_(new ResultPage(controller)) {
  setObjectName(QStringLiteral("finetuneContent"));
  setAcceptDrops(true);
  for (const WizardPage page : all_pages) stack_->addWidget(page_widget(page));
  auto* wizard = new QWidget(this);
  auto* right = new QVBoxLayout;
  right->setSpacing(0);
  right->addWidget(stack_, 1);
  right->addWidget(bar_);
  auto* row = new QHBoxLayout(wizard);
  row->setContentsMargins(0, 0, 0, 0);
  row->setSpacing(0);
  row->addWidget(steps_);
  row->addLayout(right, 1);
  auto* empty = new ui::EmptyState(QStringLiteral("finetune"), tr("Teach a model something of your own"),
                                   tr("A style, a character, a tone, answers from your domain. Choose a base, show it "
                                      "examples, and see beforehand what "
                                      "it takes in memory, time and energy."),
                                   this);
  empty->setObjectName(QStringLiteral("finetuneEmpty"));
  connect(empty->add_action(tr("New fine-tuning")), &QPushButton::clicked, this, &FinetuneContent::new_requested);
  connect(controller, &FinetuneController::examples_changed, this, [this, empty] { offer_examples(empty); });
  whole_->addWidget(wizard);
  whole_->addWidget(empty);
  auto* layout = new QVBoxLayout(this);
  layout->setContentsMargins(0, 0, 0, 0);
  layout->addWidget(whole_);
  connect(steps_, &StepList::chosen, this, [this](WizardPage page) {
    controller_->go(page);
    steps_->set_current(controller_->page());
  });
  connect(controller, &FinetuneController::page_changed, this, &FinetuneContent::show_page);
  connect(controller, &FinetuneController::opened, this, &FinetuneContent::show_page);
  connect(controller, &FinetuneController::steps_changed, this, &FinetuneContent::show_steps);
  show_page();
  show_steps();
}

QWidget* FinetuneContent::page_widget(WizardPage page) const {
  QWidget* const pages[]{base_, data_, goal_, check_, run_, result_};
  return pages[static_cast<int>(page)];
}

void FinetuneContent::show_page() {
  whole_->setCurrentIndex(controller_->current().isEmpty() ? 1 : 0);
  const bool had_focus = stack_->isAncestorOf(focusWidget()) || bar_->isAncestorOf(focusWidget());
  stack_->setCurrentWidget(page_widget(controller_->page()));
  steps_->set_current(controller_->page());
  if (had_focus && isVisible()) focus_page();
}

void FinetuneContent::show_steps() {
  for (const WizardPage page : all_pages) steps_->set_state(page, controller_->step_state(page));
}

// Beside “New fine-tuning”, once.
void FinetuneContent::offer_examples(ui::EmptyState* empty) {
  for (const api::TrainingExample& one : controller_->examples()) {
    const QString name = ui::qt(one.name), object = QStringLiteral("try_") + name;
    if (empty->findChild<QPushButton*>(object)) continue;
    QPushButton* button = empty->add_action(tr("Try “%1”").arg(ui::qt(one.title)));
    button->setObjectName(object);
    button->setToolTip(ui::qt(one.text));
    connect(button, &QPushButton::clicked, controller_, [this, name] { controller_->begin_example(name); });
  }
}

void FinetuneContent::open_recipe() {
  base_->beginnings()->choose_recipe();
}

void FinetuneContent::dragEnterEvent(QDragEnterEvent* event) {
  if (!dragged_recipe(event->mimeData()).isEmpty()) event->acceptProposedAction();
}

void FinetuneContent::dropEvent(QDropEvent* event) {
  event->acceptProposedAction();
  controller_->import_recipe(dragged_recipe(event->mimeData()));
}

void FinetuneContent::focus_page() {
  if (controller_->current().isEmpty()) {
    if (auto* button = whole_->currentWidget()->findChild<QPushButton*>()) button->setFocus(Qt::OtherFocusReason);
    return;
  }
  QWidget* page = stack_->currentWidget();
  for (QWidget* next = page->nextInFocusChain(); next != page; next = next->nextInFocusChain())
    if (page->isAncestorOf(next) && next->isVisible() && next->isEnabled() && next->focusPolicy() & Qt::TabFocus)
      return next->setFocus(Qt::OtherFocusReason);
}

void FinetuneContent::resizeEvent(QResizeEvent* event) {
  QWidget::resizeEvent(event);
  steps_->set_narrow(width() < wide_steps_from);
}

}  // namespace diptych::finetune
