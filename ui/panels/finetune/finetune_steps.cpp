// What each step of the wizard says of itself, and when the next one may be opened.
#include <QLocale>

#include "ui/client/text.h"
#include "ui/panels/finetune/finetune_controller.h"
#include "ui/panels/finetune/run_words.h"
#include "ui/widgets/quantity.h"

namespace diptych::finetune {

using ui::qt;

namespace {

StepState state_of_run(const api::TrainingRun& run, WizardPage page) {
  StepState state;
  const bool over = run.state == api::RunState::finished || run.state == api::RunState::stopped;
  switch (page) {
    case WizardPage::run:
      state.detail = run_state_text(run);
      state.done = over;
      return state;
    case WizardPage::result:
      if (run.results.empty()) state.blocked = FinetuneController::tr("Nothing has been saved yet");
      state.done = over && !run.results.empty();
      return state;
    case WizardPage::base:
      state.detail = qt(run.base);
      break;
    case WizardPage::check:
      if (run.predicted_memory_bytes)
        state.detail = QStringLiteral("◐ ") + ui::format_bytes(static_cast<double>(*run.predicted_memory_bytes));
      break;
    case WizardPage::data:
    case WizardPage::goal:
      break;
  }
  state.done = true;
  state.blocked = FinetuneController::tr("A run keeps what it began with. “Another like this” makes a new one.");
  return state;
}

}  // namespace

StepState FinetuneController::step_state(WizardPage page) const {
  if (const api::TrainingRun* run = watch_.run()) return state_of_run(*run, page);
  StepState state;
  const Draft& draft = draft_.draft();
  const api::TrainingBase* chosen = base();
  const bool has_base = chosen ? chosen->trainable : !draft.base().isEmpty() && !bases_known_;
  const auto& report = draft_.report();
  const bool has_data = report && report->usable;
  const auto& plan = draft_.prediction().plan;
  switch (page) {
    case WizardPage::base:
      state.detail = draft.base();
      state.done = has_base;
      break;
    case WizardPage::data:
      if (!has_base) state.blocked = tr("Choose a base first");
      if (report) state.detail = data_summary(*report);
      state.done = has_data;
      break;
    case WizardPage::goal:
      if (!has_data)
        state.blocked = draft_.checking() ? tr("The data are being read") : tr("Choose data to learn from first");
      if (const api::GoalPreset* goal = draft_.goal())
        state.detail = qt(goal->title) + (draft_.changed() ? tr(", changed") : QString());
      state.done = has_data && draft_.goal() && draft.page > WizardPage::goal;
      break;
    case WizardPage::check:
      state.blocked = !has_data || !draft_.goal() ? tr("Choose a goal first") : word_.blocked();
      if (plan && draft.page >= WizardPage::check)
        state.detail = plan->fits
                           ? QStringLiteral("◐ %1, fits").arg(ui::format_bytes(static_cast<double>(plan->memory_bytes)))
                           : tr("does not fit");
      break;
    case WizardPage::run:
      state.blocked = tr("Start it on the page “Check”");
      break;
    case WizardPage::result:
      state.blocked = tr("There is a result once the run has saved something");
      break;
  }
  return state;
}

QString FinetuneController::blocked() const {
  if (!service_->ready()) return tr("The engine is starting");
  if (current_.isEmpty()) return tr("Nothing is open");
  if (shows_run()) return page_ == WizardPage::run ? step_state(WizardPage::result).blocked : QString();
  if (page_ == WizardPage::check) {
    if (starting_) return tr("It is being started");
    if (draft_.planning()) return tr("What it takes is being worked out");
    const Prediction& prediction = draft_.prediction();
    if (prediction.failure) return prediction.failure->text();
    if (prediction.plan && !prediction.plan->fits) return tr("It does not fit into the memory");
    if (prediction.plan && !prediction.plan->fits_disk) return tr("The disk has too little room");
    return prediction.plan ? QString() : tr("What it takes is not known yet");
  }
  if (page_ == WizardPage::base) {
    if (const api::TrainingBase* chosen = base(); chosen && !chosen->trainable) return qt(chosen->why_not);
    if (draft_.draft().base().isEmpty()) return tr("Choose a base");
  }
  return step_state(static_cast<WizardPage>(static_cast<int>(page_) + 1)).blocked;
}

}  // namespace diptych::finetune
