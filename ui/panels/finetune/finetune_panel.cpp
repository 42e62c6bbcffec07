#include "ui/panels/finetune/finetune_panel.h"

#include <QAction>
#include <QFileInfo>
#include <QPushButton>

#include "ui/panels/finetune/base_page.h"
#include "ui/panels/finetune/data_page.h"
#include "ui/panels/finetune/data_sources.h"
#include "ui/panels/finetune/finetune_content.h"
#include "ui/panels/finetune/runs_pane.h"
#include "ui/panels/finetune/wizard_bar.h"
#include "ui/theme/icons.h"

namespace diptych::finetune {

FinetunePanel::FinetunePanel(FinetuneService* service, ui::Preferences* preferences, QObject* parent)
    : Panel(parent),
      controller_(service, preferences),
      pane_(new RunsPane(&controller_)),
      content_(new FinetuneContent(&controller_)) {
  connect(content_, &FinetuneContent::new_requested, this, &FinetunePanel::create_new);
  connect(content_->base_page(), &BasePage::models_requested, this, &FinetunePanel::models_requested);
  connect(&controller_, &FinetuneController::use_requested, this, &FinetunePanel::use_requested);
  connect(&controller_, &FinetuneController::undo_offered, this, &Panel::undo_offered);
  connect(&controller_, &FinetuneController::noticed, this, [this](const ui::Failure& failure) {
    emit notice({ui::Notice::Level::error, failure.text(), {}, {}});
  });
  connect(&controller_, &FinetuneController::told, this, [this](const QString& text) {
    emit notice({ui::Notice::Level::info, text, {}, {}});
  });
  make_actions();
  controller_.start();
}

FinetunePanel::~FinetunePanel() {
  for (QWidget* widget : QList<QWidget*>{pane_, content_})
    if (widget && !widget->parent()) delete widget;
}

QWidget* FinetunePanel::list() {
  return pane_;
}
QWidget* FinetunePanel::content() {
  return content_;
}
FinetuneContent* FinetunePanel::wizard() const {
  return content_;
}
RunsPane* FinetunePanel::runs() const {
  return pane_;
}

QAction* FinetunePanel::add_action(const QString& text, const QString& icon, const std::function<void()>& run) {
  auto* action = new QAction(text, this);
  if (!icon.isEmpty()) action->setIcon(ui::icon(icon));
  connect(action, &QAction::triggered, this, run);
  actions_ << action;
  return action;
}

void FinetunePanel::make_actions() {
  add_action(tr("New fine-tuning"), QStringLiteral("plus"), [this] { create_new(); });
  add_action(tr("Open a training recipe…"), QStringLiteral("open"), [this] { content_->open_recipe(); });
  QAction* on =
      add_action(tr("Next step of the fine-tuning"), QStringLiteral("chevron-right"), [this] { controller_.go_on(); });
  on->setShortcuts({QKeySequence(Qt::CTRL | Qt::Key_Return), QKeySequence(Qt::CTRL | Qt::Key_Enter)});
  add_action(tr("Rename the run"), QStringLiteral("edit"), [this] {
    if (pane_) pane_->rename_current();
  });
  add_action(tr("Another fine-tuning like this"), QStringLiteral("copy"),
             [this] { controller_.another_like(controller_.current()); });
  const std::pair<RunCommand, std::pair<QString, QString>> commands[]{
      {RunCommand::sample, {tr("Sample now"), QStringLiteral("sample")}},
      {RunCommand::save, {tr("Save a checkpoint now"), QStringLiteral("save")}},
      {RunCommand::pause, {tr("Pause the run"), QStringLiteral("pause")}},
      {RunCommand::resume, {tr("Go on with the run"), QStringLiteral("continue")}},
      {RunCommand::stop, {tr("Stop the run"), QStringLiteral("stop")}}};
  for (const auto& entry : commands) {
    const RunCommand command = entry.first;
    QAction* action =
        add_action(entry.second.first, entry.second.second, [this, command] { controller_.command(command); });
    const auto follow = [this, action, command] { action->setEnabled(controller_.can(command)); };
    connect(&controller_, &FinetuneController::steps_changed, action, follow);
    follow();
  }
}

void FinetunePanel::create_new() {
  controller_.new_draft();
  content_->focus_page();
}

void FinetunePanel::find() {
  if (controller_.page() == WizardPage::base && !controller_.current().isEmpty())
    content_->base_page()->focus_filter();
  else
    pane_->focus_search();
}

void FinetunePanel::shown() {
  content_->focus_page();
}

// Esc pauses: nothing is lost by a key that was not meant.
bool FinetunePanel::cancel() {
  if (controller_.comparison()->running()) {
    controller_.comparison()->cancel();
    return true;
  }
  const api::TrainingRun* run = controller_.watch()->run();
  if (!run || !api::is_active(run->state) || controller_.page() != WizardPage::run) return false;
  controller_.command(RunCommand::pause);
  return true;
}

bool FinetunePanel::take_folder(const QString& path) {
  if (!QFileInfo(path).isDir() || !controller_.draft()->is_open() || controller_.draft()->draft().base().isEmpty())
    return false;
  content_->data_page()->sources()->add({path});
  controller_.go(WizardPage::data);
  return true;
}

}  // namespace diptych::finetune
