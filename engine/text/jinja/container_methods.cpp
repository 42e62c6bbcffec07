// Methods of lists, tuples and dicts that leave them as they are.
#include <algorithm>

#include "engine/text/jinja/arguments.h"
#include "engine/text/jinja/methods.h"
#include "engine/text/jinja/semantics.h"

namespace diptych::jinja {
namespace {

Value count(Runtime& runtime, const Value& self, Arguments& arguments) {
  const Bound bound("count", arguments, {"/value"}, 1);
  int64_t found = 0;
  for (const Value& item : self.list().items) found += equal(runtime, item, bound.get(0));
  return Value::of(found);
}

Value index(Runtime& runtime, const Value& self, Arguments& arguments) {
  const Bound bound("index", arguments, {"/value", "/start", "/stop"}, 1);
  const auto& items = self.list().items;
  const auto size = static_cast<int64_t>(items.size());
  const auto at = [&](size_t argument, int64_t fallback) {
    const int64_t value = bound.integer(argument, fallback);
    return std::clamp<int64_t>(value < 0 ? value + size : value, 0, size);
  };
  for (int64_t i = at(1, 0), stop = at(2, size); i < stop; ++i) {
    if (equal(runtime, items[static_cast<size_t>(i)], bound.get(0))) return Value::of(i);
  }
  fail("the value is not in the " + type_name(self));
}

Value copy(Runtime&, const Value& self, Arguments& arguments) {
  Bound("copy", arguments, {});
  return self;  // nothing can be changed, so a copy is the same
}

Value get(Runtime& runtime, const Value& self, Arguments& arguments) {
  const Bound bound("get", arguments, {"/key", "/default"}, 1);
  if (const Value* found = self.dict().find(runtime, bound.get(0))) return *found;
  return bound.given(1) ? bound.get(1) : Value::none();
}

template <ListKind kind>
Value view(Runtime& runtime, const Value& self, Arguments& arguments) {
  Bound("dict view", arguments, {});
  std::vector<Value> items;
  for (const auto& [key, value] : self.dict().entries()) {
    items.push_back(kind == ListKind::keys ? key : kind == ListKind::values ? value : runtime.tuple({key, value}));
  }
  return runtime.list(std::move(items), kind);
}

constexpr Method list_table[] = {{"copy", copy}, {"count", count}, {"index", index}};
constexpr Method dict_table[] = {{"get", get},
                                 {"items", view<ListKind::items>},
                                 {"keys", view<ListKind::keys>},
                                 {"values", view<ListKind::values>},
                                 {"copy", copy}};

bool any_of(std::initializer_list<std::string_view> names, std::string_view name) {
  return std::find(names.begin(), names.end(), name) != names.end();
}

}  // namespace

const Method* find_list_method(const List& list, std::string_view name) {
  if (!list.indexable()) return nullptr;
  for (const Method& method : list_table) {
    if (method.name == name && !(list.is_tuple() && name == "copy")) return &method;
  }
  return nullptr;
}

const Method* find_dict_method(std::string_view name) {
  for (const Method& method : dict_table) {
    if (method.name == name) return &method;
  }
  return nullptr;
}

bool changes_list(std::string_view name) {
  return any_of({"append", "clear", "pop", "reverse", "insert", "sort", "extend", "remove"}, name);
}

bool changes_dict(std::string_view name) {
  return any_of({"clear", "pop", "popitem", "setdefault", "update"}, name);
}

}  // namespace diptych::jinja
