// Filters, tests and global functions by name.
#pragma once

#include <string_view>

#include "engine/text/jinja/runtime.h"

namespace diptych::jinja {

struct Filter {
  std::string_view name;
  Value (*apply)(Runtime& runtime, const Value& value, Arguments& arguments);
};

struct Test {
  std::string_view name;
  bool (*holds)(Runtime& runtime, const Value& value, Arguments& arguments);
};

// nullptr: there is none.
const Filter* find_filter(std::string_view name);
const Filter* find_text_filter(std::string_view name);
const Filter* find_number_filter(std::string_view name);
const Filter* find_sequence_filter(std::string_view name);
const Filter* find_select_filter(std::string_view name);
const Filter* find_order_filter(std::string_view name);
const Test* find_test(std::string_view name);

// range, dict, namespace, raise_exception, …; nothing: there is none.
std::optional<Value> find_global(Runtime& runtime, std::string_view name);
Value strftime_now(Runtime& runtime, const Value& self, Arguments& arguments);

// By name at run time, as map and select need it. Failure where there is none.
Value apply_filter(Runtime& runtime, std::string_view name, const Value& value, Arguments& arguments);
bool apply_test(Runtime& runtime, std::string_view name, const Value& value, Arguments& arguments);

// What attribute="a.b.0" names: a path of attributes and indices.
// `fallback`, where given and not none, stands in for what is undefined on the way.
Value follow_path(Runtime& runtime, Value value, const Value& path, const Value* fallback = nullptr);

}  // namespace diptych::jinja
