// Fields of tokenizer.json, with the errors that name them.
#pragma once

#include <memory>
#include <nlohmann/json.hpp>
#include <optional>
#include <string>
#include <variant>

#include "engine/text/regex.h"

namespace diptych {

[[noreturn]] void fail_tokenizer(const std::string& path, const std::string& why);
[[noreturn]] void fail_unsupported(const std::string& path, const std::string& why);

// The field, or `fallback` where it is missing or null; an Error where it is of another kind.
bool bool_field(const nlohmann::json& object, const char* name, bool fallback, const std::string& path);
std::string string_field(const nlohmann::json& object, const char* name, const std::string& fallback,
                         const std::string& path);
std::string type_of(const nlohmann::json& object, const std::string& path);  // the field "type"
const nlohmann::json& array_field(const nlohmann::json& object, const char* name, const std::string& path);
char32_t character_field(const nlohmann::json& object, const char* name, char32_t fallback, const std::string& path);
int64_t integer_field(const nlohmann::json& object, const char* name, int64_t fallback, const std::string& path);

// {"String": "…"} or {"Regex": "…"}.
class TextPattern {
 public:
  TextPattern(const nlohmann::json& object, const char* field, const std::string& path);
  explicit TextPattern(std::string literal) : pattern_(std::move(literal)) {}
  explicit TextPattern(Regex regex) : pattern_(std::move(regex)) {}

  template <typename Visit>
  void for_each(std::string_view text, const Visit& visit) const {
    if (const auto* regex = std::get_if<Regex>(&pattern_)) return regex->for_each(text, visit);
    const std::string& literal = std::get<std::string>(pattern_);
    if (literal.empty()) return;
    for (size_t at = text.find(literal); at != text.npos; at = text.find(literal, at + literal.size()))
      visit(at, at + literal.size());
  }
  std::string replace(std::string_view text, std::string_view with) const;

 private:
  std::variant<std::string, Regex> pattern_;
};

}  // namespace diptych
