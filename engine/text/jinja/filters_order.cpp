// Filters that compare elements: sort, dictsort, unique, min, max, groupby.
#include <algorithm>

#include "engine/text/jinja/arguments.h"
#include "engine/text/jinja/builtins.h"
#include "engine/text/jinja/python_text.h"
#include "engine/text/jinja/semantics.h"

namespace diptych::jinja {
namespace {

struct Keyed {
  Value key, value;
};

Value folded(Runtime& runtime, Value value, bool case_sensitive) {
  if (case_sensitive || !value.is_text()) return value;
  runtime.budget.work_on_bytes(value.bytes().size() * 16);
  return runtime.text(lower_case(value.bytes()));
}

Value key_of(Runtime& runtime, const Value& item, const Value* attribute, bool case_sensitive) {
  if (attribute == nullptr || attribute->is_none()) return folded(runtime, item, case_sensitive);
  return folded(runtime, follow_path(runtime, item, *attribute), case_sensitive);
}

// "a,b.c": the values at both paths. Always a list, also of one, whose comparison asks for equality first: that is why
// undefined values can be sorted.
Value sort_key(Runtime& runtime, const Value& item, const Value* attribute, bool case_sensitive) {
  std::vector<Value> keys;
  if (attribute == nullptr || !attribute->is_text()) {
    keys.push_back(key_of(runtime, item, attribute, case_sensitive));
    return runtime.list(std::move(keys));
  }
  const std::string& text = attribute->bytes();
  for (size_t begin = 0; begin <= text.size();) {
    const size_t end = std::min(text.find(',', begin), text.size());
    const Value path = runtime.text(text.substr(begin, end - begin));
    keys.push_back(key_of(runtime, item, &path, case_sensitive));
    begin = end + 1;
  }
  return runtime.list(std::move(keys));
}

std::vector<Keyed> keyed(Runtime& runtime, const Value& value, const Value* attribute, bool case_sensitive) {
  std::vector<Keyed> out;
  for (const Value& item : runtime.items_of(value))
    out.push_back({key_of(runtime, item, attribute, case_sensitive), item});
  return out;
}

// Stable in both directions, as Python's sort is. A comparison that is inconsistent (NaN) must not break std::sort:
// merging by hand has no such trouble.
void merge_sort(Runtime& runtime, std::vector<Keyed>& items, bool reverse) {
  std::vector<Keyed> other(items.size());
  for (size_t width = 1; width < items.size(); width *= 2) {
    for (size_t begin = 0; begin < items.size(); begin += 2 * width) {
      const size_t middle = std::min(begin + width, items.size()), end = std::min(begin + 2 * width, items.size());
      size_t left = begin, right = middle;
      for (size_t at = begin; at < end; ++at) {
        const bool take_right =
            left == middle || (right < end && (reverse ? less(runtime, items[left].key, items[right].key)
                                                       : less(runtime, items[right].key, items[left].key)));
        other[at] = std::move(items[take_right ? right++ : left++]);
      }
    }
    items.swap(other);
  }
}

Value values_of(Runtime& runtime, std::vector<Keyed>& items) {
  std::vector<Value> out;
  out.reserve(items.size());
  for (Keyed& item : items) out.push_back(std::move(item.value));
  return runtime.list(std::move(out));
}

Value sort(Runtime& runtime, const Value& value, Arguments& arguments) {
  const Bound bound("sort", arguments, {"reverse", "case_sensitive", "attribute"});
  std::vector<Keyed> items;
  for (const Value& item : runtime.items_of(value))
    items.push_back({sort_key(runtime, item, bound.find(2), bound.truth(1, false)), item});
  merge_sort(runtime, items, bound.truth(0, false));
  return values_of(runtime, items);
}

Value dict_sort(Runtime& runtime, const Value& value, Arguments& arguments) {
  const Bound bound("dictsort", arguments, {"case_sensitive", "by", "reverse"});
  const std::string by = bound.text(1, "key");
  if (by != "key" && by != "value") fail("You can only sort by either \"key\" or \"value\"");
  if (value.is_undefined()) fail(value.why_undefined());
  if (!value.is_dict()) fail("dictsort needs a mapping");
  std::vector<Keyed> items;
  for (const auto& [key, item] : value.dict().entries()) {
    items.push_back({folded(runtime, by == "key" ? key : item, bound.truth(0, false)), runtime.tuple({key, item})});
  }
  merge_sort(runtime, items, bound.truth(2, false));
  return values_of(runtime, items);
}

Value unique(Runtime& runtime, const Value& value, Arguments& arguments) {
  const Bound bound("unique", arguments, {"case_sensitive", "attribute"});
  std::vector<Value> out;
  std::unordered_multimap<size_t, Value> seen;
  for (Keyed& item : keyed(runtime, value, bound.find(1), bound.truth(0, false))) {
    const size_t hash = hash_of(runtime, item.key);
    const auto [begin, end] = seen.equal_range(hash);
    if (std::any_of(begin, end, [&](const auto& other) { return equal(runtime, other.second, item.key); })) continue;
    runtime.budget.check_memory((seen.size() + 1) * 64);
    seen.emplace(hash, item.key);
    out.push_back(item.value);
  }
  return runtime.iterator(std::move(out));
}

template <bool largest>
Value extreme(Runtime& runtime, const Value& value, Arguments& arguments) {
  const Bound bound(largest ? "max" : "min", arguments, {"case_sensitive", "attribute"});
  const auto items = keyed(runtime, value, bound.find(1), bound.truth(0, false));
  if (items.empty()) return Value::undefined("No aggregated item, sequence was empty.");
  const Keyed* best = &items.front();
  for (const Keyed& item : items) {
    if (&item == &items.front()) continue;
    if (largest ? less(runtime, best->key, item.key) : less(runtime, item.key, best->key)) best = &item;
  }
  return best->value;
}

Value group_by(Runtime& runtime, const Value& value, Arguments& arguments) {
  const Bound bound("groupby", arguments, {"attribute", "default", "case_sensitive"}, 1);
  const bool case_sensitive = bound.truth(2, false);
  std::vector<Keyed> items;
  for (const Value& item : runtime.items_of(value)) {
    Value key = follow_path(runtime, item, bound.get(0), bound.find(1));
    items.push_back({folded(runtime, std::move(key), case_sensitive), item});
  }
  merge_sort(runtime, items, false);
  std::vector<Value> groups, members;
  for (size_t i = 0; i < items.size(); ++i) {
    members.push_back(items[i].value);
    if (i + 1 < items.size() && equal(runtime, items[i].key, items[i + 1].key)) continue;
    // The group is called as its first member writes it.
    Value name = follow_path(runtime, members.front(), bound.get(0), bound.find(1));
    groups.push_back(
        runtime.list({case_sensitive ? items[i].key : name, runtime.list(std::move(members))}, ListKind::group));
    members.clear();
  }
  return runtime.list(std::move(groups));
}

constexpr Filter order_filters[] = {{"sort", sort},          {"dictsort", dict_sort}, {"unique", unique},
                                    {"min", extreme<false>}, {"max", extreme<true>},  {"groupby", group_by}};

}  // namespace

const Filter* find_order_filter(std::string_view name) {
  for (const Filter& filter : order_filters) {
    if (filter.name == name) return &filter;
  }
  return nullptr;
}

}  // namespace diptych::jinja
