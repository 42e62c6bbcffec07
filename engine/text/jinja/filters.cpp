// Filters by name, and the few that fit no family.
#include <algorithm>

#include "engine/text/jinja/arguments.h"
#include "engine/text/jinja/builtins.h"
#include "engine/text/jinja/numbers.h"
#include "engine/text/jinja/semantics.h"

namespace diptych::jinja {
namespace {

Value default_filter(Runtime& runtime, const Value& value, Arguments& arguments) {
  const Bound bound("default", arguments, {"default_value", "boolean"});
  const bool replace = value.is_undefined() || (bound.truth(1, false) && !is_true(value));
  if (!replace) return value;
  return bound.given(0) ? bound.get(0) : runtime.text("");
}

// transformers' version: no HTML escapes, characters as they are.
Value tojson(Runtime& runtime, const Value& value, Arguments& arguments) {
  const Bound bound("tojson", arguments, {"ensure_ascii", "indent", "separators", "sort_keys"});
  JsonStyle style;
  style.ascii_only = bound.truth(0, false);
  style.sort_keys = bound.truth(3, false);
  if (bound.given_value(1)) {
    style.pretty = true;
    style.between = ",";
    const Value& indent = bound.get(1);
    if (indent.is_text()) {
      style.indent = indent.bytes();
    } else {
      const int64_t width = bound.integer(1, 0);
      if (width > 1000) fail("tojson: the indent is too wide");
      style.indent.assign(static_cast<size_t>(std::max<int64_t>(width, 0)), ' ');
    }
  }
  if (bound.given_value(2)) {
    const std::vector<Value> pair = runtime.items_of(bound.get(2));
    if (pair.size() != 2 || !pair[0].is_text() || !pair[1].is_text()) fail("tojson: separators are a pair of strings");
    style.between = pair[0].bytes();
    style.colon = pair[1].bytes();
  }
  return runtime.text(print_json(runtime, value, style));
}

Value attr(Runtime& runtime, const Value& value, Arguments& arguments) {
  const Bound bound("attr", arguments, {"name"}, 1);
  if (value.is_undefined()) fail(value.why_undefined());
  const std::string name = print(runtime, bound.get(0));
  if (auto found = attribute(runtime, value, name)) return *found;
  return Value::undefined(quoted_type(value) + " object has no attribute '" + name + "'");
}

constexpr Filter value_filters[] = {
    {"default", default_filter},
    {"d", default_filter},
    {"tojson", tojson},
    {"attr", attr},
};

}  // namespace

const Filter* find_filter(std::string_view name) {
  for (const Filter& filter : value_filters) {
    if (filter.name == name) return &filter;
  }
  for (auto* family :
       {find_text_filter, find_sequence_filter, find_select_filter, find_order_filter, find_number_filter}) {
    if (const Filter* found = family(name)) return found;
  }
  return nullptr;
}

Value apply_filter(Runtime& runtime, std::string_view name, const Value& value, Arguments& arguments) {
  const Filter* filter = find_filter(name);
  if (filter == nullptr) fail("No filter named '" + std::string(name) + "'");
  runtime.budget.work();
  return filter->apply(runtime, value, arguments);
}

Value follow_path(Runtime& runtime, Value value, const Value& path, const Value* fallback) {
  const auto step = [&](const Value& key) {
    value = get_item(runtime, value, key);
    if (value.is_undefined() && fallback != nullptr && !fallback->is_none()) value = *fallback;
  };
  if (!path.is_text()) {
    step(path);
    return value;
  }
  const std::string& text = path.bytes();
  for (size_t begin = 0; begin <= text.size();) {
    const size_t end = std::min(text.find('.', begin), text.size());
    const std::string part = text.substr(begin, end - begin);
    const bool digits = !part.empty() && part.find_first_not_of("0123456789") == part.npos;
    step(digits ? Value::of(*parse_integer(part, 10)) : runtime.text(part));
    begin = end + 1;
  }
  return value;
}

}  // namespace diptych::jinja
