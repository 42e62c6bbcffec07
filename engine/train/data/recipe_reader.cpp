#include "engine/train/data/recipe_reader.h"

#include <algorithm>
#include <cmath>
#include <cstdio>

#include "engine/core/error.h"
#include "engine/io/formats/json_text.h"
#include "engine/train/data/nearest_name.h"

namespace diptych::train {
namespace {

using nlohmann::json;

std::string short_number(double value) {
  char text[32];
  std::snprintf(text, sizeof(text), "%.10g", value);
  return text;
}

// At most a line's worth of a value, for messages.
std::string short_value(const json& value) {
  constexpr size_t most = 60;
  std::string text = value.dump(-1, ' ', false, json::error_handler_t::replace);
  if (text.size() > most) text = text.substr(0, most) + "...";
  return text;
}

}  // namespace

RecipeReader::RecipeReader(const json& object, std::string at, const std::string& name)
    : object_(object), at_(std::move(at)), name_(name) {
  if (!object.is_object()) {
    const std::string what = at_.empty() ? "it" : at_.substr(0, at_.size() - 1);
    throw Error(ErrorCategory::invalid_file, cannot_read_recipe, name_, what + " is no JSON object",
                "write {\"key\": value, ...}");
  }
}

const json* RecipeReader::find(const char* key) {
  known_.emplace_back(key);
  const auto found = object_.find(key);
  return found == object_.end() || found->is_null() ? nullptr : &*found;
}

void RecipeReader::wrong(const std::string& key, const std::string& why, const std::string& to_do) const {
  throw Error(ErrorCategory::invalid_file, cannot_read_recipe, name_, at_ + key + " " + why, to_do);
}

void RecipeReader::unknown_name(const char* key, const json& value, const std::vector<std::string>& known) const {
  std::string all;
  for (const std::string& name : known) all += (all.empty() ? "" : ", ") + name;
  const std::string nearest = value.is_string() ? nearest_name(value.get<std::string>(), known) : "";
  wrong(key, "is " + short_value(value),
        (nearest.empty() ? "" : "\"" + nearest + "\" may be meant; ") + std::string("use one of: ") + all);
}

double RecipeReader::number(const json& value, const std::string& key, Range range, bool whole) const {
  const std::string wanted = std::string("give a ") + (whole ? "whole " : "") + "number " +
                             (range.above ? "above " : "from ") + short_number(range.least) +
                             (range.above ? ", at most " : " to ") + short_number(range.most);
  if (!value.is_number()) wrong(key, "is " + short_value(value) + ", which is no number", wanted);
  const double given = value.get<double>();
  const bool low = range.above ? given <= range.least : given < range.least;
  if (!std::isfinite(given) || low || given > range.most || (whole && given != std::floor(given)))
    wrong(key, "is " + short_value(value), wanted);
  return given;
}

std::string RecipeReader::text(const json& value, const std::string& key) const {
  if (!value.is_string()) wrong(key, "is " + short_value(value) + ", which is no text", "write it in quotes");
  return value.get<std::string>();
}

template <typename T>
void RecipeReader::nested(const json& object, const std::string& key, T& value) const {
  RecipeReader reader(object, at_ + key + ".", name_);
  visit_fields(value, reader);
  reader.finish();
}

void RecipeReader::field(const char* key, std::string& value) {
  if (const json* found = find(key)) value = text(*found, key);
}

void RecipeReader::field(const char* key, bool& value) {
  const json* found = find(key);
  if (found == nullptr) return;
  if (!found->is_boolean()) wrong(key, "is " + short_value(*found), "write true or false");
  value = found->get<bool>();
}

void RecipeReader::field(const char* key, std::optional<bool>& value) {
  if (find(key) != nullptr) field(key, value.emplace());
}

void RecipeReader::field(const char* key, uint64_t& value) {
  const json* found = find(key);
  if (found == nullptr) return;
  if (!found->is_number_unsigned()) wrong(key, "is " + short_value(*found), "give a whole number from 0 to 2^64 - 1");
  value = found->get<uint64_t>();
}

void RecipeReader::field(const char* key, std::vector<std::string>& values) {
  const json* found = find(key);
  if (found == nullptr) return;
  values.clear();
  if (found->is_string()) {
    values.push_back(found->get<std::string>());
    return;
  }
  if (!found->is_array()) wrong(key, "is " + short_value(*found), "give a list of texts");
  for (const json& entry : *found) values.push_back(text(entry, key));
}

void RecipeReader::field(const char* key, std::map<std::string, std::string>& values) {
  const json* found = find(key);
  if (found == nullptr) return;
  if (!found->is_object()) wrong(key, "is " + short_value(*found), "give an object of texts");
  values.clear();
  for (const auto& [name, entry] : found->items()) values[name] = text(entry, std::string(key) + "." + name);
}

void RecipeReader::field(const char* key, Validation& value) {
  const json* found = find(key);
  if (found == nullptr) return;
  value = {};
  if (found->is_string()) {
    value.path = found->get<std::string>();
  } else {
    value.fraction = number(*found, key, {0, 0.9}, false);
  }
}

void RecipeReader::field(const char* key, std::vector<DataSource>& values) {
  const json* found = find(key);
  if (found == nullptr) return;
  values.clear();
  const auto add = [&](const json& entry, const std::string& place) {
    DataSource source;
    if (entry.is_string()) {
      source.path = entry.get<std::string>();
    } else {
      nested(entry, place, source);
    }
    if (source.path.empty()) wrong(place, "names no path", "write the file or folder of the examples");
    values.push_back(std::move(source));
  };
  if (!found->is_array()) return add(*found, key);
  for (size_t i = 0; i < found->size(); ++i) add((*found)[i], std::string(key) + "[" + std::to_string(i) + "]");
}

void RecipeReader::field(const char* key, RecipeOptimizer& value) {
  const json* found = find(key);
  if (found == nullptr) return;
  if (!found->is_string()) return nested(*found, key, value);
  const json object{{"name", *found}};
  nested(object, key, value);
}

void RecipeReader::field(const char* key, LossOptions& value) {
  if (const json* found = find(key)) nested(*found, key, value);
}

void RecipeReader::field(const char* key, ImageOptions& value) {
  if (const json* found = find(key)) nested(*found, key, value);
}

void RecipeReader::resolution(const char* key, int& width, int& height, Range range) {
  const json* found = find(key);
  if (found == nullptr) return;
  if (found->is_array() && found->size() == 2) {
    width = static_cast<int>(number((*found)[0], key, range, true));
    height = static_cast<int>(number((*found)[1], key, range, true));
  } else if (found->is_array()) {
    wrong(key, "is " + short_value(*found), "give one number, or [width, height]");
  } else {
    width = height = static_cast<int>(number(*found, key, range, true));
  }
}

void RecipeReader::finish() const {
  for (const auto& [key, unused] : object_.items()) {
    if (std::ranges::find(known_, key) != known_.end()) continue;
    const std::string nearest = nearest_name(key, known_);
    throw Error(ErrorCategory::invalid_file, cannot_read_recipe, name_, "there is no key \"" + at_ + key + "\"",
                nearest.empty() ? "remove it" : "\"" + at_ + nearest + "\" may be meant");
  }
}

Recipe parse_recipe(std::string_view text, const std::string& name) {
  const json document = parse_json(text, name);
  Recipe recipe;
  RecipeReader reader(document, "", name);
  visit_fields(recipe, reader);
  reader.finish();
  settle(recipe, name);
  return recipe;
}

}  // namespace diptych::train
