#include "engine/text/jinja/arguments.h"
#include "engine/text/jinja/builtins.h"
#include "engine/text/jinja/semantics.h"
#include "engine/text/jinja/text_searches.h"

namespace diptych::jinja {
namespace {

using Holds = bool (*)(Runtime& runtime, const Value& value);

template <Holds holds>
bool alone(Runtime& runtime, const Value& value, Arguments& arguments) {
  Bound("test", arguments, {});
  return holds(runtime, value);
}

using Compare = bool (*)(Runtime& runtime, const Value& value, const Value& other);

template <Compare holds>
bool against(Runtime& runtime, const Value& value, Arguments& arguments) {
  const Bound bound("test", arguments, {"other"}, 1);
  return holds(runtime, value, bound.get(0));
}

bool is_mapping(Runtime&, const Value& value) {
  return value.is_dict();
}
bool is_string(Runtime&, const Value& value) {
  return value.is_text();
}
bool is_defined(Runtime&, const Value& value) {
  return !value.is_undefined();
}
bool is_undefined(Runtime&, const Value& value) {
  return value.is_undefined();
}
bool is_none(Runtime&, const Value& value) {
  return value.is_none();
}
bool is_boolean(Runtime&, const Value& value) {
  return value.is_bool();
}
bool is_true_value(Runtime&, const Value& value) {
  return value.is_bool() && value.boolean();
}
bool is_false_value(Runtime&, const Value& value) {
  return value.is_bool() && !value.boolean();
}
bool is_integer(Runtime&, const Value& value) {
  return value.is_int();
}
bool is_float(Runtime&, const Value& value) {
  return value.is_real();
}
bool is_any_number(Runtime&, const Value& value) {
  return value.is_number();
}
bool is_escaped(Runtime&, const Value& value) {
  return value.is_text() && value.text().markup;
}

bool is_sequence(Runtime&, const Value& value) {
  if (value.is_list()) return value.list().indexable();
  if (value.is_object()) return dynamic_cast<const Range*>(&value.object()) != nullptr;
  return value.is_text() || value.is_dict() || value.is_undefined();
}

bool is_iterable(Runtime&, const Value& value) {
  if (value.is_object()) return value.object().type_name() != "Namespace" && !value.object().callable();
  return value.is_text() || value.is_list() || value.is_dict() || value.is_undefined();
}

bool is_callable(Runtime&, const Value& value) {
  return value.is_undefined() || (value.is_object() && value.object().callable());
}

bool is_upper(Runtime& runtime, const Value& value) {
  if (value.is_text()) return is_in_case(runtime, value.text(), true);
  return is_in_case(runtime, Text(print(runtime, value), false, nullptr), true);
}

bool is_lower(Runtime& runtime, const Value& value) {
  if (value.is_text()) return is_in_case(runtime, value.text(), false);
  return is_in_case(runtime, Text(print(runtime, value), false, nullptr), false);
}

Value remainder(Runtime& runtime, const Value& value, const Value& divisor) {
  return apply(runtime, Operator::modulo, value, divisor);
}

bool is_odd(Runtime& runtime, const Value& value) {
  return equal(runtime, remainder(runtime, value, Value::of(int64_t{2})), Value::of(int64_t{1}));
}

bool is_even(Runtime& runtime, const Value& value) {
  return equal(runtime, remainder(runtime, value, Value::of(int64_t{2})), Value::of(int64_t{0}));
}

bool is_divisible(Runtime& runtime, const Value& value, const Value& divisor) {
  return equal(runtime, remainder(runtime, value, divisor), Value::of(int64_t{0}));
}

bool is_same(Runtime&, const Value& value, const Value& other) {
  return same(value, other);
}
bool is_in(Runtime& runtime, const Value& value, const Value& container) {
  return contains(runtime, container, value);
}
bool is_equal(Runtime& runtime, const Value& value, const Value& other) {
  return equal(runtime, value, other);
}
bool is_unequal(Runtime& runtime, const Value& value, const Value& other) {
  return !equal(runtime, value, other);
}
bool is_less(Runtime& runtime, const Value& value, const Value& other) {
  return less(runtime, value, other);
}
bool is_greater(Runtime& runtime, const Value& value, const Value& other) {
  return less(runtime, other, value);
}

bool at_most(Runtime& runtime, const Value& value, const Value& other) {
  return less(runtime, value, other) || equal(runtime, value, other);
}

bool at_least(Runtime& runtime, const Value& value, const Value& other) {
  return less(runtime, other, value) || equal(runtime, value, other);
}

bool is_filter(Runtime& runtime, const Value& value) {
  hash_of(runtime, value);
  return value.is_text() && find_filter(value.bytes()) != nullptr;
}

bool is_test(Runtime& runtime, const Value& value) {
  hash_of(runtime, value);
  return value.is_text() && find_test(value.bytes()) != nullptr;
}

constexpr Test test_table[] = {
    {"defined", alone<is_defined>},
    {"undefined", alone<is_undefined>},
    {"none", alone<is_none>},
    {"string", alone<is_string>},
    {"mapping", alone<is_mapping>},
    {"iterable", alone<is_iterable>},
    {"sequence", alone<is_sequence>},
    {"number", alone<is_any_number>},
    {"integer", alone<is_integer>},
    {"float", alone<is_float>},
    {"boolean", alone<is_boolean>},
    {"true", alone<is_true_value>},
    {"false", alone<is_false_value>},
    {"odd", alone<is_odd>},
    {"even", alone<is_even>},
    {"upper", alone<is_upper>},
    {"lower", alone<is_lower>},
    {"callable", alone<is_callable>},
    {"escaped", alone<is_escaped>},
    {"filter", alone<is_filter>},
    {"test", alone<is_test>},
    {"divisibleby", against<is_divisible>},
    {"sameas", against<is_same>},
    {"in", against<is_in>},
    {"==", against<is_equal>},
    {"eq", against<is_equal>},
    {"equalto", against<is_equal>},
    {"!=", against<is_unequal>},
    {"ne", against<is_unequal>},
    {"<", against<is_less>},
    {"lt", against<is_less>},
    {"lessthan", against<is_less>},
    {"<=", against<at_most>},
    {"le", against<at_most>},
    {">", against<is_greater>},
    {"gt", against<is_greater>},
    {"greaterthan", against<is_greater>},
    {">=", against<at_least>},
    {"ge", against<at_least>},
};

}  // namespace

const Test* find_test(std::string_view name) {
  for (const Test& test : test_table) {
    if (test.name == name) return &test;
  }
  return nullptr;
}

bool apply_test(Runtime& runtime, std::string_view name, const Value& value, Arguments& arguments) {
  const Test* test = find_test(name);
  if (test == nullptr) fail("No test named '" + std::string(name) + "'");
  runtime.budget.work();
  return test->holds(runtime, value, arguments);
}

}  // namespace diptych::jinja
