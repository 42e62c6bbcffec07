// What a draft can begin with: the examples that come along, and recipes of files.
#include <QFileInfo>
#include <algorithm>

#include "ui/client/text.h"
#include "ui/panels/finetune/finetune_controller.h"

namespace diptych::finetune {

using ui::qt;
using ui::utf8;

void FinetuneController::begin(Draft draft, WizardPage page) {
  draft.page = page;
  open(drafts_.add(std::move(draft)));
}

void FinetuneController::begin_example(const QString& name) {
  const auto found = std::ranges::find(examples_, utf8(name), &api::TrainingExample::name);
  if (found == examples_.end()) return;
  Draft draft;
  draft.name = qt(found->title);
  draft.recipe = found->recipe;
  draft.kind = found->kind;
  draft.goal = qt(found->goal);
  begin(std::move(draft), WizardPage::data);
}

void FinetuneController::import_recipe(const QString& file) {
  service_->import_recipe(
      file, [this, file](const api::TrainingImport& import) { take_import(file, import); },
      [this](const Failure& failure) { emit noticed(failure); });
}

// What is still to be chosen comes first.
void FinetuneController::take_import(const QString& file, const api::TrainingImport& import) {
  Draft draft;
  draft.name = QFileInfo(file).completeBaseName();
  draft.own.file = QFileInfo(file).fileName();
  draft.own.recipe = import.recipe;
  draft.own.not_taken = import.not_taken;
  for (const char* key : {"base", "data", "validation"}) {
    const auto value = import.recipe.find(key);
    if (value != import.recipe.end()) draft.recipe[key] = *value;
    draft.own.recipe.erase(key);
  }
  // A data set's file says nothing of a base: that of the draft before.
  if (draft.base().isEmpty() && draft_.draft().kind == api::TrainingKind::image && !draft_.draft().base().isEmpty())
    draft.recipe["base"] = utf8(draft_.draft().base());
  draft.goal = QLatin1String(OwnGoal::name);
  const api::TrainingBase* base = base_named(draft.base());
  // kohya's scripts train image models.
  const bool images = base ? base->kind == api::TrainingKind::image : file.endsWith(QLatin1String(".toml"));
  draft.kind = images ? api::TrainingKind::image : api::TrainingKind::text;
  const WizardPage page = draft.base().isEmpty()   ? WizardPage::base
                          : draft.data().isEmpty() ? WizardPage::data
                                                   : WizardPage::goal;
  const int lost = static_cast<int>(import.not_taken.size());
  const QString name = draft.own.file;
  begin(std::move(draft), page);
  emit told(
      lost == 0
          ? tr("%1 was taken whole").arg(name)
          : tr("%1 was taken; %n of its words have no place here. The step Goal lists them.", nullptr, lost).arg(name));
}

}  // namespace diptych::finetune
