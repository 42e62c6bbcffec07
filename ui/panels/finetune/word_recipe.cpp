#include "ui/panels/finetune/word_recipe.h"

#include "ui/client/text.h"

namespace diptych::finetune {

using ui::qt;
using ui::utf8;

namespace {

QString text_at(const api::Json& json, const char* key) {
  const auto found = json.is_object() ? json.find(key) : json.end();
  return json.is_object() && found != json.end() && found->is_string() ? qt(found->get<std::string>()) : QString();
}

QString prefix_of(const api::Json& recipe) {
  const auto image = recipe.find("image");
  return image == recipe.end() ? QString() : text_at(*image, "caption_prefix");
}

QString own_prefix(const QString& word) {
  return word_prompt(word) + QLatin1Char(',');
}

// A text of the goal's, of another word than the goal's.
QString renamed(QString text, const api::Json& goal, const QString& word) {
  const QString own = word_of(goal);
  return own.isEmpty() ? text : text.replace(own, word);
}

// The goal's prompts, of another word; null: it has none.
api::Json prompts_of(const api::Json& goal, const QString& word) {
  const auto found = goal.find("sample_prompts");
  if (found == goal.end() || !found->is_array()) return nullptr;
  api::Json list = api::Json::array();
  for (const api::Json& prompt : *found)
    list.push_back(prompt.is_string() ? api::Json(utf8(renamed(qt(prompt.get<std::string>()), goal, word))) : prompt);
  return list;
}

}  // namespace

bool learns_word(const api::Json& recipe) {
  return text_at(recipe, "method") == QLatin1String("textual_inversion");
}

QString word_of(const api::Json& recipe) {
  return text_at(recipe, "token");
}

QString word_start_of(const api::Json& recipe) {
  return text_at(recipe, "token_start");
}

QString word_prompt(const QString& word) {
  return QStringLiteral("a photo of ") + word;
}

bool names_word(const QString& text, const QString& word) {
  return !word.isEmpty() && text.contains(word, Qt::CaseInsensitive);
}

api::Json with_word(const api::Json& goal, const api::Json& recipe, const QString& named, const QString& word) {
  api::Json patch = {{"token", utf8(word)}};
  if (named.isEmpty() || word.isEmpty()) return patch;
  const QString prefix = prefix_of(recipe);
  if (!prefix.isEmpty() && prefix == renamed(prefix_of(goal), goal, named))
    patch["image"] = {{"caption_prefix", utf8(renamed(prefix_of(goal), goal, word))}};
  else if (prefix == own_prefix(named))
    patch.update(with_word_in_captions(word));
  if (const api::Json prompts = prompts_of(goal, named);
      !prompts.empty() && prompts == recipe.value("sample_prompts", api::Json()))
    patch["sample_prompts"] = prompts_of(goal, word);
  return patch;
}

api::Json with_word_in_captions(const QString& word) {
  return {{"image", {{"caption_prefix", utf8(own_prefix(word))}}}};
}

}  // namespace diptych::finetune
