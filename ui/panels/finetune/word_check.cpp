#include "ui/panels/finetune/word_check.h"

#include "ui/client/text.h"
#include "ui/panels/finetune/recipe_form.h"
#include "ui/panels/finetune/word_recipe.h"

namespace diptych::finetune {

namespace {

constexpr int typing_pause_ms = 250;

}  // namespace

WordCheck::WordCheck(FinetuneService* service, DraftSession* draft, QObject* parent)
    : QObject(parent), service_(service), draft_(draft) {
  timer_.setSingleShot(true);
  timer_.setInterval(typing_pause_ms);
  connect(&timer_, &QTimer::timeout, this, &WordCheck::ask);
  connect(draft, &DraftSession::opened, this, [this] { named_.clear(); });
  connect(draft, &DraftSession::draft_changed, this, &WordCheck::follow);
  connect(draft, &DraftSession::presets_changed, this, &WordCheck::follow);
  connect(draft, &DraftSession::caption_set, this, [this] {
    asked_ = nullptr;
    follow();
  });
}

bool WordCheck::learns_word() const {
  return draft_->goal() && finetune::learns_word(draft_->recipe());
}

QString WordCheck::word() const {
  return word_of(draft_->recipe());
}

QString WordCheck::problem() const {
  if (!learns_word()) return {};
  if (word().isEmpty()) return tr("Write the word that is to be learnt");
  if (failure_) return failure_->text();
  return report_ && report_->error ? ui::to_failure(*report_->error).text() : QString();
}

bool WordCheck::is_named() const {
  return !report_ || report_->named > 0;
}

QString WordCheck::blocked() const {
  if (!learns_word()) return {};
  const QString wrong = problem();
  if (!wrong.isEmpty()) return wrong;
  return is_named() ? QString() : tr("No caption names %1").arg(word());
}

void WordCheck::follow() {
  const api::Json recipe = draft_->recipe();
  api::Json question;  // null: there is no word
  if (learns_word())
    for (const char* key : {"base", "data", "token", "token_start", "image.caption_prefix"})
      question.push_back(recipe_value(recipe, QLatin1String(key)));
  if (question == asked_) return;
  asked_ = question;
  ++number_;
  report_.reset();
  failure_.reset();
  if (!word().isEmpty()) named_ = word();
  if (!question.is_null() && !word().isEmpty()) timer_.start();
  emit changed();
}

void WordCheck::ask() {
  if (!service_->ready() || !learns_word() || word().isEmpty()) return;
  const int number = ++number_;
  service_->check_word(
      draft_->recipe(),
      [this, number](const api::WordReport& report) {
        if (number != number_) return;
        report_ = report;
        emit changed();
      },
      [this, number](const Failure& failure) {
        if (number != number_) return;
        failure_ = failure;
        emit changed();
      });
}

void WordCheck::set_word(const QString& word) {
  if (const api::GoalPreset* goal = draft_->goal())
    draft_->change_from_goal(with_word(goal->recipe, draft_->recipe(), named_, word.trimmed()));
}

void WordCheck::name_in_captions() {
  draft_->change_from_goal(with_word_in_captions(word()));
}

}  // namespace diptych::finetune
