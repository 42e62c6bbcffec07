#include "ui/panels/finetune/draft.h"

#include <QCoreApplication>
#include <QDateTime>
#include <QFileInfo>
#include <QUuid>
#include <algorithm>

#include "ui/client/text.h"
#include "ui/preferences/preferences.h"

namespace diptych::finetune {

using ui::qt;
using ui::utf8;

namespace {

const QString drafts_key = QStringLiteral("finetune/drafts");

QString text_of(const api::Json& json, const char* key) {
  const auto found = json.find(key);
  return found != json.end() && found->is_string() ? qt(found->get<std::string>()) : QString();
}

QString path_of(const api::Json& source) {
  if (source.is_string()) return qt(source.get<std::string>());
  return source.is_object() ? text_of(source, "path") : QString();
}

OwnGoal own_goal_from(const api::Json& json) {
  OwnGoal own;
  if (!json.is_object()) return own;
  own.file = text_of(json, "file");
  if (const auto found = json.find("recipe"); found != json.end() && found->is_object()) own.recipe = *found;
  try {
    own.not_taken = api::from_json<api::TrainingImport>(json).not_taken;
  } catch (const api::FieldError&) {
    // of another version; what the recipe holds counts
  }
  return own;
}

}  // namespace

QString Draft::base() const {
  return text_of(recipe, "base");
}

QStringList Draft::data() const {
  QStringList paths;
  const auto found = recipe.find("data");
  if (found == recipe.end()) return paths;
  if (!found->is_array()) return {path_of(*found)};
  for (const api::Json& source : *found) paths << path_of(source);
  paths.removeAll(QString());
  return paths;
}

QString Draft::title() const {
  if (!name.isEmpty()) return name;
  const QStringList paths = data();
  const QString thing = paths.isEmpty() ? QString() : QFileInfo(paths.first()).completeBaseName();
  if (base().isEmpty()) return QCoreApplication::translate("FinetuneDraft", "New fine-tuning");
  return thing.isEmpty() ? base() : QStringLiteral("%1 · %2").arg(thing, base());
}

api::Json to_json(const Draft& draft) {
  api::Json json = {
      {"id", utf8(draft.id)},     {"name", utf8(draft.name)},           {"page", utf8(page_name(draft.page))},
      {"recipe", draft.recipe},   {"kind", api::enum_name(draft.kind)}, {"goal", utf8(draft.goal)},
      {"changes", draft.changes}, {"changed_ms", draft.changed_ms}};
  if (!draft.own.empty())
    json["own"] = {{"file", utf8(draft.own.file)},
                   {"recipe", draft.own.recipe},
                   {"not_taken", api::to_json(api::TrainingImport{{}, draft.own.not_taken})["not_taken"]}};
  return json;
}

Draft draft_from(const api::Json& json) {
  Draft draft;
  if (!json.is_object()) return draft;
  draft.id = text_of(json, "id");
  draft.name = text_of(json, "name");
  draft.page = page_named(text_of(json, "page"));
  draft.goal = text_of(json, "goal");
  if (text_of(json, "kind") == QLatin1String("image")) draft.kind = api::TrainingKind::image;
  for (auto [key, part] : {std::pair{"recipe", &draft.recipe}, std::pair{"changes", &draft.changes}})
    if (const auto found = json.find(key); found != json.end() && found->is_object()) *part = *found;
  if (const auto found = json.find("own"); found != json.end()) draft.own = own_goal_from(*found);
  if (const auto found = json.find("changed_ms"); found != json.end() && found->is_number_integer())
    draft.changed_ms = found->get<qint64>();
  return draft;
}

DraftStore::DraftStore(ui::Preferences* preferences, QObject* parent) : QObject(parent), preferences_(preferences) {
  const auto kept = api::parse(preferences->state(drafts_key).toByteArray().toStdString());
  if (!kept || !kept->is_array()) return;
  for (const api::Json& one : *kept)
    if (Draft draft = draft_from(one); !draft.id.isEmpty()) drafts_.push_back(std::move(draft));
}

const Draft* DraftStore::find(const QString& id) const {
  const auto found = std::ranges::find(drafts_, id, &Draft::id);
  return found == drafts_.end() ? nullptr : &*found;
}

QString DraftStore::add(Draft draft) {
  draft.id = QUuid::createUuid().toString(QUuid::WithoutBraces);
  draft.changed_ms = QDateTime::currentMSecsSinceEpoch();
  drafts_.insert(drafts_.begin(), draft);
  keep();
  return draft.id;
}

void DraftStore::put(const Draft& draft) {
  const auto found = std::ranges::find(drafts_, draft.id, &Draft::id);
  if (found == drafts_.end())
    drafts_.insert(drafts_.begin(), draft);
  else
    *found = draft;
  keep();
}

void DraftStore::remove(const QString& id) {
  std::erase_if(drafts_, [&](const Draft& one) { return one.id == id; });
  keep();
}

void DraftStore::keep() {
  api::Json list = api::Json::array();
  for (const Draft& draft : drafts_) list.push_back(to_json(draft));
  preferences_->set_state(drafts_key, QByteArray::fromStdString(api::dump(list)));
  emit changed();
}

}  // namespace diptych::finetune
