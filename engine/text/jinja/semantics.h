// What Python does with values: truth, equality, order, printing, attributes and elements.
#pragma once

#include <string>
#include <string_view>

#include "engine/text/jinja/runtime.h"

namespace diptych::jinja {

std::string type_name(const Value& value);  // "str", "dict", …

std::string quoted_type(const Value& value);  // "'str'", for messages

bool is_true(const Value& value);
bool equal(Runtime& runtime, const Value& left, const Value& right);
bool same(const Value& left, const Value& right);                    // Python's `is`
size_t hash_of(Runtime& runtime, const Value& value);                // Failure: unhashable
bool less(Runtime& runtime, const Value& left, const Value& right);  // Failure: no order between them
bool contains(Runtime& runtime, const Value& container, const Value& element);
int64_t length_of(const Value& value);  // Failure: has no length

std::string print(Runtime& runtime, const Value& value);         // str()
std::string print_quoted(Runtime& runtime, const Value& value);  // repr()
std::string print_real(double value);                            // repr() of a float
// json.dumps(). Failure for what JSON has no form for.
struct JsonStyle {
  bool ascii_only = false, sort_keys = false, pretty = false;
  std::string indent;
  std::string between = ", ", colon = ": ";
};
std::string print_json(Runtime& runtime, const Value& value, const JsonStyle& style);

// `value.name` and `value[key]`: the attribute and then the element, or the other way about. Undefined where there is
// neither; Failure on an undefined value.
Value get_attribute(Runtime& runtime, const Value& value, const std::string& name);
Value get_item(Runtime& runtime, const Value& value, const Value& key);
// What Python's getattr() finds: methods, attributes of objects; a forbidden one is undefined.
std::optional<Value> attribute(Runtime& runtime, const Value& value, std::string_view name);
// What value[key] finds in a container.
std::optional<Value> element(Runtime& runtime, const Value& value, const Value& key);
// value[start:stop:step]; none stands for "left out".
Value slice(Runtime& runtime, const Value& value, const Value& start, const Value& stop, const Value& step);

enum class Operator { add, subtract, multiply, divide, floor_divide, modulo, power };
Value apply(Runtime& runtime, Operator op, const Value& left, const Value& right);
Value negate(const Value& value);
Value plus(const Value& value);

// "…" % values.
std::string percent_format(Runtime& runtime, const std::string& format, const Value& values);
// "…".format(…).
std::string brace_format(Runtime& runtime, const std::string& format, const Arguments& arguments);

std::string escape_html(std::string_view text);

}  // namespace diptych::jinja
