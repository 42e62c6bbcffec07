#include "engine/text/tokenizer_fields.h"

#include "engine/core/error.h"
#include "engine/text/unicode.h"

namespace diptych {

using nlohmann::json;

void fail_tokenizer(const std::string& path, const std::string& why) {
  throw Error(ErrorCategory::invalid_file, "cannot read tokenizer", path, why, "download the model's files again");
}

void fail_unsupported(const std::string& path, const std::string& why) {
  throw Error(ErrorCategory::unsupported, "cannot read tokenizer", path, why,
              "choose a model with a byte-pair tokenizer");
}

namespace {

const json* present(const json& object, const char* name, const std::string& path) {
  if (!object.is_object())
    fail_tokenizer(path, "an object with the field \"" + std::string(name) + "\" is something else");
  const auto found = object.find(name);
  return found == object.end() || found->is_null() ? nullptr : &*found;
}

[[noreturn]] void fail_kind(const std::string& path, const char* name, const char* wanted) {
  fail_tokenizer(path, "\"" + std::string(name) + "\" is no " + wanted);
}

}  // namespace

bool bool_field(const json& object, const char* name, bool fallback, const std::string& path) {
  const json* value = present(object, name, path);
  if (value == nullptr) return fallback;
  if (!value->is_boolean()) fail_kind(path, name, "true or false");
  return value->get<bool>();
}

std::string string_field(const json& object, const char* name, const std::string& fallback, const std::string& path) {
  const json* value = present(object, name, path);
  if (value == nullptr) return fallback;
  if (!value->is_string()) fail_kind(path, name, "string");
  return value->get<std::string>();
}

std::string type_of(const json& object, const std::string& path) {
  std::string type = string_field(object, "type", "", path);
  if (type.empty()) fail_tokenizer(path, "a component has no \"type\"");
  return type;
}

const json& array_field(const json& object, const char* name, const std::string& path) {
  const json* value = present(object, name, path);
  if (value == nullptr || !value->is_array()) fail_kind(path, name, "list");
  return *value;
}

char32_t character_field(const json& object, const char* name, char32_t fallback, const std::string& path) {
  const std::u32string text = to_utf32(string_field(object, name, to_utf8(fallback), path));
  if (text.size() != 1) fail_kind(path, name, "single character");
  return text[0];
}

int64_t integer_field(const json& object, const char* name, int64_t fallback, const std::string& path) {
  const json* value = present(object, name, path);
  if (value == nullptr) return fallback;
  if (!value->is_number_integer()) fail_kind(path, name, "whole number");
  return value->get<int64_t>();
}

TextPattern::TextPattern(const json& object, const char* field, const std::string& path) {
  const json* value = present(object, field, path);
  if (value == nullptr) fail_tokenizer(path, "a component has no \"" + std::string(field) + "\"");
  if (value->is_string()) {
    pattern_ = value->get<std::string>();
  } else if (value->is_object() && value->contains("Regex")) {
    pattern_ = Regex(string_field(*value, "Regex", "", path), path);
  } else if (value->is_object() && value->contains("String")) {
    pattern_ = string_field(*value, "String", "", path);
  } else {
    fail_kind(path, field, "pattern");
  }
}

std::string TextPattern::replace(std::string_view text, std::string_view with) const {
  const size_t limit_bytes = 32 * text.size() + (1u << 20);
  std::string out;
  size_t done = 0;
  for_each(text, [&](size_t begin, size_t end) {
    out.append(text.substr(done, begin - done));
    out.append(with);
    done = end;
    if (out.size() > limit_bytes)
      throw Error(ErrorCategory::unsupported, "cannot tokenize", "text", "a replacement makes it over 32 times longer",
                  "check tokenizer.json");
  });
  out.append(text.substr(done));
  return out;
}

}  // namespace diptych
