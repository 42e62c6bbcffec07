#include "ui/panels/finetune/draft_session.h"

#include <QDateTime>
#include <algorithm>

#include "ui/client/text.h"

namespace diptych::finetune {

using ui::qt;
using ui::utf8;

namespace {

constexpr double usual_held_out = 0.05;
constexpr int pause_ms = 250;  // after the last change, before the host is asked

// Nulls in the place of what `same` says already.
void leave_out(api::Json& patch, const api::Json& same) {
  for (auto& [key, value] : patch.items()) {
    const auto found = same.is_object() ? same.find(key) : same.end();
    if (found == same.end()) continue;
    if (value.is_object() && found->is_object())
      leave_out(value, *found);
    else if (value == *found)
      value = nullptr;
  }
}

bool has(const api::Json& recipe, const char* key) {
  const auto found = recipe.find(key);
  return found != recipe.end() && !found->is_null() && !found->empty();
}

}  // namespace

DraftSession::DraftSession(FinetuneService* service, DraftStore* store, QObject* parent)
    : QObject(parent), service_(service), store_(store) {
  for (QTimer* timer : {&check_timer_, &plan_timer_}) {
    timer->setSingleShot(true);
    timer->setInterval(pause_ms);
  }
  connect(&check_timer_, &QTimer::timeout, this, &DraftSession::check);
  connect(&plan_timer_, &QTimer::timeout, this, &DraftSession::plan_now);
}

void DraftSession::open(const QString& id) {
  const Draft* found = store_->find(id);
  if (found && found->id == draft_.id) return;
  draft_ = found ? *found : Draft();
  forget();
  emit opened();
  emit draft_changed();
  emit report_changed();
  emit presets_changed();
  emit prediction_changed();
  ask_again();
}

// What was known of another base or other data.
void DraftSession::forget() {
  ++check_number_, ++presets_number_, ++plan_number_;
  check_timer_.stop();
  plan_timer_.stop();
  checking_ = planning_ = planning_goals_ = false;
  report_.reset();
  report_failure_.reset();
  presets_.clear();
  presets_failure_.reset();
  of_goals_.clear();
  prediction_ = {};
  offset_ = 0;
}

void DraftSession::ask_again() {
  if (is_open() && service_->ready() && has(draft_.recipe, "base") && has(draft_.recipe, "data")) {
    checking_ = true;
    check_timer_.start(0);
  }
}

void DraftSession::keep() {
  draft_.changed_ms = QDateTime::currentMSecsSinceEpoch();
  store_->put(draft_);
  emit draft_changed();
}

void DraftSession::choose_base(const api::TrainingBase& base) {
  if (draft_.base() == qt(base.id)) return;
  // Texts do not teach pictures: the data of another kind go, and so does the goal.
  if (base.kind != draft_.kind) {
    draft_.recipe = api::Json::object();
    draft_.own = {};
  }
  draft_.recipe["base"] = base.id;
  draft_.kind = base.kind;
  draft_.goal = draft_.own.empty() ? QString() : QLatin1String(OwnGoal::name);
  draft_.changes = api::Json::object();
  data_changed();
}

void DraftSession::set_page(WizardPage page) {
  if (draft_.page == page) return;
  draft_.page = page;
  keep();
}

void DraftSession::set_name(const QString& name) {
  if (draft_.name == name.trimmed()) return;
  draft_.name = name.trimmed();
  keep();
}

void DraftSession::set_data(const QStringList& paths) {
  if (paths == draft_.data()) return;
  const auto before = draft_.recipe.find("data");
  api::Json list = api::Json::array();
  for (const QString& path : paths) {
    api::Json source = utf8(path);
    if (before != draft_.recipe.end() && before->is_array())  // with its columns, masks and repeats
      for (const api::Json& one : *before)
        if (one.is_object() && one.value("path", std::string()) == utf8(path)) source = one;
    list.push_back(source);
  }
  draft_.recipe["data"] = list;
  // Of texts some are held out from the start; of a handful of pictures each one counts.
  if (draft_.kind == api::TrainingKind::text && !draft_.recipe.contains("validation"))
    draft_.recipe["validation"] = usual_held_out;
  data_changed();
}

void DraftSession::set_held_out(double fraction) {
  if (held_out() == fraction && validation_file().isEmpty()) return;
  draft_.recipe["validation"] = fraction;
  data_changed();
}

void DraftSession::set_validation_file(const QString& path) {
  if (path == validation_file()) return;
  if (path.isEmpty())
    draft_.recipe.erase("validation");
  else
    draft_.recipe["validation"] = utf8(path);
  data_changed();
}

double DraftSession::held_out() const {
  const auto found = draft_.recipe.find("validation");
  return found != draft_.recipe.end() && found->is_number() ? found->get<double>() : 0;
}

QString DraftSession::validation_file() const {
  const auto found = draft_.recipe.find("validation");
  return found != draft_.recipe.end() && found->is_string() ? qt(found->get<std::string>()) : QString();
}

void DraftSession::data_changed() {
  forget();
  checking_ = has(draft_.recipe, "base") && has(draft_.recipe, "data");
  keep();
  emit report_changed();
  emit presets_changed();
  emit prediction_changed();
  if (checking_) check_timer_.start();
}

void DraftSession::show_examples_from(int offset) {
  offset_ = std::max(0, offset);
  check_timer_.start(0);
}

void DraftSession::check() {
  if (!service_->ready()) return;
  api::RecipeBody body;
  body.recipe = draft_.recipe;
  body.limit = page_size;
  body.offset = offset_;
  const int number = ++check_number_;
  checking_ = true;
  service_->check_data(
      body,
      [this, number](const api::DataReport& report) {
        if (number != check_number_) return;
        checking_ = false;
        report_ = report;
        report_failure_.reset();
        emit report_changed();
        if (report.usable && presets_.empty())
          ask_presets();
        else if (report.usable && (planning_ || !prediction_.plan))  // the host was away when it was asked
          plan_now();
      },
      [this, number](const Failure& failure) {
        if (number != check_number_) return;
        checking_ = false;
        report_.reset();
        report_failure_ = failure;
        emit report_changed();
      });
  emit report_changed();
}

void DraftSession::set_caption(const QString& file, const QString& caption) {
  api::CaptionEdit edit;
  edit.file = utf8(file);
  if (!caption.isNull()) edit.caption = utf8(caption);
  service_->set_caption(
      edit,
      [this, file, caption](const api::CaptionEdit& done) {
        if (report_)
          for (api::DataPicture& picture : report_->pictures)
            if (picture.file == utf8(file)) picture.caption = utf8(caption);
        emit caption_set(file, caption, done.before ? qt(*done.before) : QString());
      },
      [this](const Failure& failure) { emit failed(failure); });
}

void DraftSession::ask_presets() {
  const int number = ++presets_number_;
  service_->list_presets(
      draft_.recipe,
      [this, number](const api::GoalPresets& list) {
        if (number != presets_number_) return;
        presets_ = list.presets;
        if (!draft_.own.empty()) presets_.insert(presets_.begin(), own_preset());
        presets_failure_.reset();
        if (!goal()) {
          const auto usual = std::ranges::find_if(presets_, &api::GoalPreset::recommended);
          if (!presets_.empty()) draft_.goal = qt((usual == presets_.end() ? presets_.front() : *usual).name);
          keep();
        }
        emit presets_changed();
        plan_now();
      },
      [this, number](const Failure& failure) {
        if (number != presets_number_) return;
        presets_failure_ = failure;
        emit presets_changed();
      });
}

api::GoalPreset DraftSession::own_preset() const {
  api::GoalPreset own;
  own.name = OwnGoal::name;
  own.title = utf8(tr("As %1 says").arg(draft_.own.file));
  own.explanation = utf8(draft_.own.not_taken.empty()
                             ? tr("The values of the file, all of them.")
                             : tr("The values of the file. %n of its words have no place here and are listed below.",
                                  nullptr, static_cast<int>(draft_.own.not_taken.size())));
  for (const api::NotTakenOption& one : draft_.own.not_taken)
    own.reasons.push_back(one.key + " = " + one.value + ": " + one.reason);
  own.recipe = draft_.own.recipe;
  own.recipe.merge_patch(draft_.recipe);
  return own;
}

const api::GoalPreset* DraftSession::goal() const {
  const auto found = std::ranges::find(presets_, utf8(draft_.goal), &api::GoalPreset::name);
  return found == presets_.end() ? nullptr : &*found;
}

void DraftSession::choose_goal(const QString& name) {
  if (draft_.goal == name) return;
  if (changed()) emit changes_dropped(draft_.goal, draft_.changes);
  draft_.goal = name;
  draft_.changes = api::Json::object();  // they were made for the other goal's values
  keep();
  emit presets_changed();
  plan_now();
}

void DraftSession::change(const api::Json& patch) {
  const api::Json before = draft_.changes;
  for (const auto& [key, value] : patch.items()) {
    api::Json& kept = draft_.changes[key];
    if (value.is_object() && (kept.is_object() || kept.is_null())) {
      kept.merge_patch(value);  // a null inside of it never becomes a change
      if (kept.empty()) draft_.changes.erase(key);
    } else if (value.is_null()) {
      draft_.changes.erase(key);
    } else {
      kept = value;
    }
  }
  if (draft_.changes == before) return;
  planning_ = goal() != nullptr;  // from now on: what is known, or is being worked out, is of the values before
  ++plan_number_;
  keep();
  emit prediction_changed();
  plan_timer_.start();
}

void DraftSession::change_from_goal(api::Json patch) {
  if (const api::GoalPreset* chosen = goal()) leave_out(patch, chosen->recipe);
  change(patch);
}

void DraftSession::reset_changes() {
  if (!changed()) return;
  emit changes_dropped(draft_.goal, draft_.changes);
  draft_.changes = api::Json::object();
  keep();
  plan_now();
}

void DraftSession::restore_changes(const QString& goal, const api::Json& changes) {
  draft_.goal = goal;
  draft_.changes = changes;
  keep();
  emit presets_changed();
  plan_now();
}

api::Json DraftSession::recipe() const {
  api::Json recipe = draft_.recipe;
  if (const api::GoalPreset* chosen = goal()) recipe = chosen->recipe;
  recipe.merge_patch(draft_.changes);
  // Exactly one of the two says how long a run is.
  if (draft_.changes.contains("steps")) recipe.erase("epochs");
  if (draft_.changes.contains("epochs")) recipe.erase("steps");
  return recipe;
}

void DraftSession::plan_now() {
  if (!service_->ready() || !goal()) return;
  plan_timer_.stop();
  planning_ = true;
  const int number = ++plan_number_;
  emit prediction_changed();
  const auto answered = [this, number](const Prediction& prediction) {
    if (number != plan_number_) return;
    planning_ = false;
    prediction_ = prediction;
    if (!changed()) of_goals_.insert(draft_.goal, prediction);
    emit prediction_changed();
    plan_goals();
  };
  service_->plan(
      recipe(), true,
      [answered](const api::TrainingPlan& plan) {
        answered({plan, std::nullopt});
      },
      [answered](const Failure& failure) {
        answered({std::nullopt, failure});
      });
}

// What the other goals would take: one question at a time, behind what the user waits for.
void DraftSession::plan_goals() {
  if (planning_ || planning_goals_) return;
  const auto next =
      std::ranges::find_if(presets_, [this](const api::GoalPreset& one) { return !of_goals_.contains(qt(one.name)); });
  if (next == presets_.end()) return;
  planning_goals_ = true;
  const QString name = qt(next->name);
  const int number = presets_number_;
  const auto answered = [this, name, number](const Prediction& prediction) {
    if (number != presets_number_) return;
    planning_goals_ = false;
    of_goals_.insert(name, prediction);
    emit prediction_changed();
    plan_goals();
  };
  service_->plan(
      next->recipe, false,
      [answered](const api::TrainingPlan& plan) {
        answered({plan, std::nullopt});
      },
      [answered](const Failure& failure) {
        answered({std::nullopt, failure});
      });
}

}  // namespace diptych::finetune
