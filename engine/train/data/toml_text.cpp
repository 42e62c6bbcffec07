#include "engine/train/data/toml_text.h"

#define TOML_EXCEPTIONS 1
#define TOML_HEADER_ONLY 1
#define TOML_ENABLE_FORMATTERS 1
#include <toml++/toml.h>

#include <cmath>
#include <nlohmann/json.hpp>
#include <sstream>

#include "engine/core/error.h"

namespace diptych::train {
namespace {

using nlohmann::json;

json json_of(const toml::node& node) {
  if (const auto* table = node.as_table()) {
    json object = json::object();
    for (const auto& [key, value] : *table) object[std::string(key.str())] = json_of(value);
    return object;
  }
  if (const auto* list = node.as_array()) {
    json values = json::array();
    for (const toml::node& value : *list) values.push_back(json_of(value));
    return values;
  }
  if (const auto text = node.as_string()) return text->get();
  if (const auto whole = node.as_integer()) return whole->get();
  if (const auto flag = node.as_boolean()) return flag->get();
  if (const auto real = node.as_floating_point(); real != nullptr && std::isfinite(real->get())) return real->get();
  std::ostringstream text;
  text << toml::default_formatter(node);
  return text.str();
}

}  // namespace

json parse_toml(std::string_view text, const std::string& name) {
  try {
    return json_of(toml::parse(text, name));
  } catch (const toml::parse_error& error) {
    throw Error(ErrorCategory::invalid_file, "cannot read TOML", name,
                "line " + std::to_string(error.source().begin.line) + ": " + std::string(error.description()),
                "correct the line");
  }
}

}  // namespace diptych::train
