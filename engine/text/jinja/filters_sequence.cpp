// Filters on sequences as a whole: ends, lengths, joining, cutting.
#include <algorithm>

#include "engine/text/jinja/arguments.h"
#include "engine/text/jinja/builtins.h"
#include "engine/text/jinja/python_text.h"
#include "engine/text/jinja/semantics.h"

namespace diptych::jinja {
namespace {

Value first(Runtime& runtime, const Value& value, Arguments& arguments) {
  Bound("first", arguments, {});
  if (value.is_object()) {
    if (auto* iterator = dynamic_cast<Iterator*>(&value.object())) {
      if (auto next = iterator->next()) return *next;
      return Value::undefined("No first item, sequence was empty.");
    }
  }
  if (value.is_list() && !value.list().items.empty()) return value.list().items.front();
  if (value.is_text() && value.text().length != 0) return *element(runtime, value, Value::of(int64_t{0}));
  const std::vector<Value> items = runtime.items_of(value);
  return items.empty() ? Value::undefined("No first item, sequence was empty.") : items.front();
}

bool is_iterator(const Value& value) {
  return value.is_object() && dynamic_cast<Iterator*>(&value.object()) != nullptr;
}

Value last(Runtime& runtime, const Value& value, Arguments& arguments) {
  Bound("last", arguments, {});
  if (is_iterator(value)) fail("'generator' object is not reversible");
  if (value.is_list() && !value.list().items.empty()) return value.list().items.back();
  if (value.is_text() && value.text().length != 0) return *element(runtime, value, Value::of(int64_t{-1}));
  const std::vector<Value> items = runtime.items_of(value);
  return items.empty() ? Value::undefined("No last item, sequence was empty.") : items.back();
}

Value length(Runtime&, const Value& value, Arguments& arguments) {
  Bound("length", arguments, {});
  return Value::of(length_of(value));
}

Value to_list(Runtime& runtime, const Value& value, Arguments& arguments) {
  Bound("list", arguments, {});
  return runtime.list(runtime.items_of(value));
}

Value join_filter(Runtime& runtime, const Value& value, Arguments& arguments) {
  const Bound bound("join", arguments, {"d", "attribute"});
  const std::string separator = bound.given(0) ? print(runtime, bound.get(0)) : "";
  std::string out;
  bool first_item = true;
  for (const Value& item : runtime.items_of(value)) {
    if (!first_item) out += separator;
    first_item = false;
    const std::string text = print(runtime, bound.given_value(1) ? follow_path(runtime, item, bound.get(1)) : item);
    runtime.budget.work_on_bytes(separator.size() + text.size());
    out += text;
    runtime.budget.check_memory(out.size());
  }
  return runtime.text(std::move(out));
}

Value reverse(Runtime& runtime, const Value& value, Arguments& arguments) {
  Bound("reverse", arguments, {});
  if (value.is_text()) return runtime.text(reversed(value.bytes()));
  std::vector<Value> items = runtime.items_of(value);
  std::reverse(items.begin(), items.end());
  return is_iterator(value) ? runtime.list(std::move(items)) : runtime.iterator(std::move(items));
}

Value batch(Runtime& runtime, const Value& value, Arguments& arguments) {
  const Bound bound("batch", arguments, {"linecount", "fill_with"}, 1);
  const int64_t size = bound.integer(0, 1);
  std::vector<Value> out, row;
  for (const Value& item : runtime.items_of(value)) {
    if (static_cast<int64_t>(row.size()) == size) {
      out.push_back(runtime.list(std::move(row)));
      row.clear();
    }
    row.push_back(item);
  }
  if (!row.empty()) {
    if (bound.given_value(1)) {
      if (size > max_range) fail("batch: the line is too long");
      while (static_cast<int64_t>(row.size()) < size) row.push_back(bound.get(1));
    }
    out.push_back(runtime.list(std::move(row)));
  }
  return runtime.iterator(std::move(out));
}

Value slice_filter(Runtime& runtime, const Value& value, Arguments& arguments) {
  const Bound bound("slice", arguments, {"slices", "fill_with"}, 1);
  const std::vector<Value> items = runtime.items_of(value);
  const int64_t slices = bound.integer(0, 1);
  if (slices == 0) fail("integer division or modulo by zero");
  if (slices > max_range) fail("slice: too many slices");
  std::vector<Value> out;
  if (slices < 0) return runtime.iterator({});
  const auto count = static_cast<int64_t>(items.size());
  const int64_t per_slice = count / slices, with_extra = count % slices;
  int64_t offset = 0;
  for (int64_t number = 0; number < slices; ++number) {
    const int64_t start = offset + number * per_slice;
    if (number < with_extra) ++offset;
    const int64_t end = offset + (number + 1) * per_slice;
    std::vector<Value> part(items.begin() + start, items.begin() + end);
    if (bound.given_value(1) && number >= with_extra) part.push_back(bound.get(1));
    out.push_back(runtime.list(std::move(part)));
  }
  return runtime.iterator(std::move(out));
}

Value items_filter(Runtime& runtime, const Value& value, Arguments& arguments) {
  Bound("items", arguments, {});
  if (value.is_undefined()) return runtime.iterator({});
  if (!value.is_dict()) fail("Can only get item pairs from a mapping.");
  std::vector<Value> pairs;
  for (const auto& [key, item] : value.dict().entries()) pairs.push_back(runtime.tuple({key, item}));
  return runtime.iterator(std::move(pairs));
}

Value sum(Runtime& runtime, const Value& value, Arguments& arguments) {
  const Bound bound("sum", arguments, {"attribute", "start"});
  Value total = bound.given(1) ? bound.get(1) : Value::of(int64_t{0});
  if (total.is_text()) fail("sum() can't sum strings [use ''.join(seq) instead]");
  for (const Value& item : runtime.items_of(value)) {
    total =
        apply(runtime, Operator::add, total, bound.given_value(0) ? follow_path(runtime, item, bound.get(0)) : item);
  }
  return total;
}

constexpr Filter sequence_filters[] = {
    {"first", first},        {"last", last},          {"length", length},   {"count", length},
    {"list", to_list},       {"join", join_filter},   {"reverse", reverse}, {"batch", batch},
    {"slice", slice_filter}, {"items", items_filter}, {"sum", sum},
};

}  // namespace

const Filter* find_sequence_filter(std::string_view name) {
  for (const Filter& filter : sequence_filters) {
    if (filter.name == name) return &filter;
  }
  return nullptr;
}

}  // namespace diptych::jinja
