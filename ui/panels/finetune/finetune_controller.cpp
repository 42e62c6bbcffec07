#include "ui/panels/finetune/finetune_controller.h"

#include <algorithm>

#include "ui/client/text.h"
#include "ui/widgets/quantity.h"

namespace diptych::finetune {

using ui::qt;
using ui::utf8;

FinetuneController::FinetuneController(FinetuneService* service, ui::Preferences* preferences, QObject* parent)
    : QObject(parent),
      service_(service),
      drafts_(preferences),
      draft_(service, &drafts_),
      word_(service, &draft_),
      watch_(service),
      comparison_(service) {
  connect_service();
  connect(&drafts_, &DraftStore::changed, this, &FinetuneController::lists_changed);
  connect(&draft_, &DraftSession::draft_changed, this, &FinetuneController::steps_changed);
  connect(&draft_, &DraftSession::report_changed, this, &FinetuneController::steps_changed);
  connect(&draft_, &DraftSession::presets_changed, this, &FinetuneController::steps_changed);
  connect(&draft_, &DraftSession::prediction_changed, this, &FinetuneController::steps_changed);
  connect(&word_, &WordCheck::changed, this, &FinetuneController::steps_changed);
  connect(&draft_, &DraftSession::failed, this, &FinetuneController::noticed);
  connect(&draft_, &DraftSession::caption_set, this,
          [this](const QString& file, const QString&, const QString& before) {
            emit undo_offered(tr("Caption changed"), [this, file, before] { draft_.set_caption(file, before); });
          });
  connect(&draft_, &DraftSession::changes_dropped, this, [this](const QString& goal, const api::Json& changes) {
    const QString id = current_;
    emit undo_offered(tr("Your own values were replaced by the goal’s"), [this, id, goal, changes] {
      if (current_ == id) draft_.restore_changes(goal, changes);
    });
  });
  connect(&watch_, &RunWatch::run_changed, this, &FinetuneController::steps_changed);
  connect(&comparison_, &Comparison::failed, this, &FinetuneController::noticed);
}

void FinetuneController::connect_service() {
  connect(service_, &FinetuneService::ready_changed, this, [this](bool ready) {
    if (ready) start();
    emit steps_changed();
  });
  connect(service_, &FinetuneService::bases_changed, this, &FinetuneController::list_bases);
  connect(service_, &FinetuneService::failed, this, &FinetuneController::noticed);
  connect(service_, &FinetuneService::runs_listed, this, [this](const std::vector<api::TrainingRun>& runs) {
    runs_ = runs;
    runs_known_ = true;
    for (const api::TrainingRun& run : runs_)
      if (qt(run.id) == current_) watch_.watch(run);
    emit lists_changed();
    if (!current_.isEmpty()) return;
    // What one comes back to: what runs, else what was begun last.
    const auto active = std::ranges::find_if(runs_, [](const auto& run) { return api::is_active(run.state); });
    if (active != runs_.end())
      open(qt(active->id));
    else if (!drafts_.drafts().empty())
      open(drafts_.drafts().front().id);
    else if (!runs_.empty())
      open(qt(runs_.front().id));
  });
  connect(service_, &FinetuneService::run_changed, this, &FinetuneController::take_run);
  connect(service_, &FinetuneService::run_removed, this, [this](const QString& id) {
    std::erase_if(runs_, [&](const api::TrainingRun& run) { return qt(run.id) == id; });
    emit lists_changed();
    if (current_ == id) open({});
  });
}

void FinetuneController::start() {
  if (!service_->ready()) return;
  list_bases();
  service_->list_runs();
  draft_.ask_again();
  watch_.ask_again();
}

void FinetuneController::list_bases() {
  service_->list_bases([this](const api::TrainingBases& list) {
    bases_ = list.bases;
    std::ranges::stable_partition(bases_, &api::TrainingBase::trainable);
    bases_known_ = true;
    emit bases_changed();
    emit steps_changed();
  });
  service_->list_examples([this](const api::TrainingExamples& list) {
    examples_ = list.examples;
    std::erase_if(examples_, [](const api::TrainingExample& one) { return one.base.empty(); });
    emit examples_changed();
  });
}

const api::TrainingBase* FinetuneController::base_named(const QString& id) const {
  const auto found = std::ranges::find(bases_, utf8(id), &api::TrainingBase::id);
  return found == bases_.end() ? nullptr : &*found;
}

void FinetuneController::take_run(const api::TrainingRun& run) {
  const auto found = std::ranges::find(runs_, run.id, &api::TrainingRun::id);
  const bool was_active = found != runs_.end() && api::is_active(found->state);
  if (run.deleted_ms) {
    if (found != runs_.end()) runs_.erase(found);
  } else if (found == runs_.end()) {
    runs_.insert(runs_.begin(), run);
  } else {
    *found = run;
  }
  emit lists_changed();
  if (qt(run.id) != current_) return;
  if (run.deleted_ms) return open({});
  emit steps_changed();
  // Whoever looks on wants to see what came out.
  if (was_active && run.state == api::RunState::finished && page_ == WizardPage::run) show_page(WizardPage::result);
}

void FinetuneController::open(const QString& id) {
  if (id == current_ && !id.isEmpty()) return;
  const auto run = std::ranges::find(runs_, utf8(id), &api::TrainingRun::id);
  const Draft* draft = drafts_.find(id);
  current_ = run != runs_.end() || draft ? id : QString();
  exported_.clear();
  comparison_.clear();
  if (run != runs_.end()) {
    draft_.open({});
    watch_.watch(api::TrainingRun(*run));
    page_ = first_page_of(*run);
  } else {
    watch_.watch(std::nullopt);
    draft_.open(draft ? id : QString());
    page_ = draft ? std::min(draft->page, WizardPage::check) : WizardPage::base;
  }
  emit opened();
  emit page_changed();
  emit steps_changed();
}

WizardPage FinetuneController::first_page_of(const api::TrainingRun& run) const {
  return run.state == api::RunState::finished ? WizardPage::result : WizardPage::run;
}

void FinetuneController::new_draft(const api::Json& recipe, const QString& name) {
  Draft draft;
  draft.recipe = recipe;
  draft.name = name;
  if (const api::TrainingBase* base = base_named(draft.base())) draft.kind = base->kind;
  open(drafts_.add(draft));
}

// Base, data and validation of a run; the rest comes from a goal again.
void FinetuneController::another_like(const QString& id) {
  const auto run = std::ranges::find(runs_, utf8(id), &api::TrainingRun::id);
  if (run == runs_.end()) return;
  api::Json recipe = api::Json::object();
  for (const char* key : {"data", "validation"})
    if (run->recipe.contains(key)) recipe[key] = run->recipe[key];
  recipe["base"] = run->base.empty() ? run->base_path : run->base;
  new_draft(recipe);
  draft_.set_page(WizardPage::data);
  go(WizardPage::data);
}

void FinetuneController::rename(const QString& id, const QString& name) {
  if (const Draft* found = drafts_.find(id)) {
    if (draft_.draft().id == id) return draft_.set_name(name);
    Draft draft = *found;
    draft.name = name.trimmed();
    drafts_.put(draft);
  } else if (!name.trimmed().isEmpty()) {
    api::TrainingRunPatch patch;
    patch.name = utf8(name.trimmed());
    service_->patch_run(id, patch);
  }
}

void FinetuneController::remove(const QString& id) {
  if (const Draft* found = drafts_.find(id)) {
    const Draft draft = *found;
    drafts_.remove(id);
    if (current_ == id) open({});
    emit undo_offered(tr("Draft deleted"), [this, draft] { drafts_.put(draft); });
    return;
  }
  api::TrainingRunPatch patch;
  patch.deleted = true;
  service_->patch_run(id, patch);
  emit undo_offered(tr("Run deleted"), [this, id] {
    api::TrainingRunPatch back;
    back.deleted = false;
    service_->patch_run(id, back);
  });
}

void FinetuneController::show_page(WizardPage page) {
  if (page == page_) return;
  page_ = page;
  if (!shows_run()) draft_.set_page(page);
  emit page_changed();
  emit steps_changed();
}

void FinetuneController::go(WizardPage page) {
  if (step_state(page).blocked.isEmpty()) show_page(page);
}

void FinetuneController::go_on() {
  if (!blocked().isEmpty()) return;
  if (page_ == WizardPage::check && !shows_run()) return start_run();
  if (page_ != WizardPage::result) go(static_cast<WizardPage>(static_cast<int>(page_) + 1));
}

void FinetuneController::start_run() {
  if (starting_) return;
  starting_ = true;
  emit steps_changed();
  const QString id = current_;
  service_->start_run(
      draft_.recipe(), draft_.draft().title(),
      [this, id](const api::TrainingRun& run) {
        starting_ = false;
        drafts_.remove(id);
        if (std::ranges::find(runs_, run.id, &api::TrainingRun::id) == runs_.end()) take_run(run);
        open(qt(run.id));
      },
      [this](const Failure& failure) {
        starting_ = false;
        emit steps_changed();
        emit noticed(failure);
      });
}

bool FinetuneController::can(RunCommand command) const {
  const api::TrainingRun* run = watch_.run();
  if (!run || !service_->ready()) return false;
  switch (command) {
    case RunCommand::pause:
      return api::is_active(run->state);
    case RunCommand::resume:
      return api::can_resume(*run);
    case RunCommand::stop:
      return api::is_active(run->state) || run->state == api::RunState::paused;
    case RunCommand::sample:
    case RunCommand::save:
      return run->state == api::RunState::running;
  }
  return false;
}

void FinetuneController::command(RunCommand command) {
  if (can(command)) service_->command_run(current_, command, [this](const Failure& failure) { emit noticed(failure); });
}

void FinetuneController::use(const api::TrainingResult& result) {
  if (!shows_run()) return;
  if (!result.is_embedding) {
    emit use_requested(result);
    return;
  }
  service_->keep_word(
      current_, qt(result.path),
      [this, result](const api::KeptWord& kept) {
        api::TrainingResult used = result;
        used.token = kept.word;
        emit use_requested(used);
      },
      [this](const Failure& failure) { emit noticed(failure); });
}

void FinetuneController::export_run(const api::ExportBody& body) {
  if (!shows_run() || exporting_) return;
  exporting_ = true;
  exported_.clear();
  emit export_changed();
  const QString id = current_;
  service_->export_run(
      id, body,
      [this, id](const QString& path) {
        exporting_ = false;
        if (id == current_) exported_ = path;
        emit export_changed();
      },
      [this](const Failure& failure) {
        exporting_ = false;
        emit export_changed();
        emit noticed(failure);
      });
}

}  // namespace diptych::finetune
