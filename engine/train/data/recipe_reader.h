// A recipe's JSON into its members, with every value checked.
#pragma once

#include <map>
#include <nlohmann/json.hpp>
#include <optional>
#include <string>
#include <type_traits>
#include <vector>

#include "engine/train/data/recipe_fields.h"
#include "engine/train/data/recipe_names.h"

namespace diptych::train {

inline constexpr const char* cannot_read_recipe = "cannot read recipe";

template <typename T>
struct IsOptional : std::false_type {};
template <typename T>
struct IsOptional<std::optional<T>> : std::true_type {};

// Visits one JSON object; `at` is its place in the recipe ("loss."), for messages. Keys that nobody asked for are
// refused by finish().
class RecipeReader {
 public:
  RecipeReader(const nlohmann::json& object, std::string at, const std::string& name);

  void field(const char* key, std::string& value);
  void field(const char* key, bool& value);
  void field(const char* key, std::optional<bool>& value);
  void field(const char* key, uint64_t& value);
  void field(const char* key, std::vector<std::string>& values);  // also one text
  void field(const char* key, std::map<std::string, std::string>& values);
  void field(const char* key, Validation& value);
  void field(const char* key, std::vector<DataSource>& values);
  void field(const char* key, RecipeOptimizer& value);
  void field(const char* key, LossOptions& value);
  void field(const char* key, ImageOptions& value);
  void resolution(const char* key, int& width, int& height, Range range);

  template <typename T>
  void field(const char* key, T& value, Range range) {
    const nlohmann::json* found = find(key);
    if (found == nullptr) return;
    if constexpr (IsOptional<T>::value) {
      using Number = typename T::value_type;
      value = static_cast<Number>(number(*found, key, range, std::is_integral_v<Number>));
    } else {
      value = static_cast<T>(number(*found, key, range, std::is_integral_v<T>));
    }
  }
  template <typename T>
  void field(const char* key, std::map<std::string, T>& values, Range range) {
    const nlohmann::json* found = find(key);
    if (found == nullptr) return;
    if (!found->is_object()) wrong(key, "is no object", "give layers' names with a number each");
    values.clear();
    for (const auto& [layer, entry] : found->items())
      values[layer] = static_cast<T>(number(entry, std::string(key) + "." + layer, range, std::is_integral_v<T>));
  }
  template <typename E>
  requires std::is_enum_v<E>
  void field(const char* key, E& value) {
    const nlohmann::json* found = find(key);
    if (found == nullptr) return;
    std::vector<std::string> known;
    for (const auto& [own, meant] : NamesOf<E>::names) {
      if (*found == own) {
        value = meant;
        return;
      }
      known.emplace_back(own);
    }
    unknown_name(key, *found, known);
  }

  void finish() const;

 private:
  const nlohmann::json* find(const char* key);  // nullptr: not there, or null
  double number(const nlohmann::json& value, const std::string& key, Range range, bool whole) const;
  std::string text(const nlohmann::json& value, const std::string& key) const;
  template <typename T>
  void nested(const nlohmann::json& object, const std::string& key, T& value) const;
  [[noreturn]] void wrong(const std::string& key, const std::string& why, const std::string& to_do) const;
  [[noreturn]] void unknown_name(const char* key, const nlohmann::json& value,
                                 const std::vector<std::string>& known) const;

  const nlohmann::json& object_;
  std::string at_;
  const std::string& name_;
  std::vector<std::string> known_;
};

}  // namespace diptych::train
