#include "engine/text/jinja/json_input.h"

#include <nlohmann/json.hpp>

#include "engine/text/unicode.h"

namespace diptych::jinja {
namespace {

Value convert(Runtime& runtime, const nlohmann::ordered_json& json, int depth) {
  using Type = nlohmann::ordered_json::value_t;
  if (depth > max_value_depth) fail("the conversation nests more than " + std::to_string(max_value_depth) + " levels");
  switch (json.type()) {
    case Type::boolean:
      return Value::of(json.get<bool>());
    case Type::number_integer:
      return Value::of(json.get<int64_t>());
    case Type::number_unsigned:
      if (json.get<uint64_t>() > static_cast<uint64_t>(INT64_MAX)) fail("an integer is beyond 64 bits");
      return Value::of(json.get<int64_t>());
    case Type::number_float:
      return Value::of(json.get<double>());
    case Type::string:
      return runtime.text(lossy_utf8(json.get_ref<const std::string&>()));
    case Type::array: {
      std::vector<Value> items;
      items.reserve(json.size());
      for (const auto& item : json) items.push_back(convert(runtime, item, depth + 1));
      return runtime.list(std::move(items));
    }
    case Type::object: {
      Dict::Entries entries;
      entries.reserve(json.size());
      for (const auto& [key, item] : json.items())
        entries.emplace_back(runtime.text(lossy_utf8(key)), convert(runtime, item, depth + 1));
      return runtime.dict(std::move(entries));
    }
    default:
      return Value::none();
  }
}

}  // namespace

Value from_json(Runtime& runtime, const nlohmann::ordered_json& json) {
  return convert(runtime, json, 0);
}

}  // namespace diptych::jinja
