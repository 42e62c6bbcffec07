// map, select, reject, selectattr, rejectattr.
#include "engine/text/jinja/arguments.h"
#include "engine/text/jinja/builtins.h"
#include "engine/text/jinja/semantics.h"

namespace diptych::jinja {
namespace {

Value take_first(Arguments& arguments, const char* missing) {
  if (arguments.positional.empty()) fail(missing);
  Value first = arguments.positional.front();
  arguments.positional.erase(arguments.positional.begin());
  return first;
}

Value map(Runtime& runtime, const Value& value, Arguments& arguments) {
  std::vector<Value> out;
  if (!is_true(value)) return runtime.iterator({});  // whatever it is
  if (arguments.positional.empty() && arguments.find_named("attribute") != nullptr) {
    const Value path = *arguments.find_named("attribute");
    const Value* fallback = arguments.find_named("default");
    if (arguments.named.size() > (fallback != nullptr ? 2u : 1u)) fail("map() takes no such argument");
    for (const Value& item : runtime.items_of(value)) out.push_back(follow_path(runtime, item, path, fallback));
    return runtime.iterator(std::move(out));
  }
  const Value name = take_first(arguments, "map requires a filter argument");
  if (!name.is_text() || find_filter(name.bytes()) == nullptr) fail("No filter named '" + print(runtime, name) + "'");
  for (const Value& item : runtime.items_of(value)) out.push_back(apply_filter(runtime, name.bytes(), item, arguments));
  return runtime.iterator(std::move(out));
}

template <bool by_attribute, bool keep>
Value select(Runtime& runtime, const Value& value, Arguments& arguments) {
  if (!is_true(value)) return runtime.iterator({});
  Value path;
  if (by_attribute) path = take_first(arguments, "Missing parameter for attribute name");
  std::optional<Value> test;
  if (!arguments.positional.empty()) test = take_first(arguments, "");
  if (test && (!test->is_text() || find_test(test->bytes()) == nullptr))
    fail("No test named '" + print(runtime, *test) + "'");
  std::vector<Value> out;
  for (const Value& item : runtime.items_of(value)) {
    const Value subject = by_attribute ? follow_path(runtime, item, path) : item;
    runtime.budget.work();
    const bool holds = test ? apply_test(runtime, test->bytes(), subject, arguments) : is_true(subject);
    if (holds == keep) out.push_back(item);
  }
  return runtime.iterator(std::move(out));
}

constexpr Filter select_filters[] = {
    {"map", map},
    {"select", select<false, true>},
    {"reject", select<false, false>},
    {"selectattr", select<true, true>},
    {"rejectattr", select<true, false>},
};

}  // namespace

const Filter* find_select_filter(std::string_view name) {
  for (const Filter& filter : select_filters) {
    if (filter.name == name) return &filter;
  }
  return nullptr;
}

}  // namespace diptych::jinja
