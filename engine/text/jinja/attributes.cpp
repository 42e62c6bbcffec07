// value.name, value[key] and value[start:stop:step].
#include <algorithm>

#include "engine/text/jinja/methods.h"
#include "engine/text/jinja/python_text.h"
#include "engine/text/jinja/semantics.h"
#include "engine/text/unicode.h"

namespace diptych::jinja {
namespace {

Value forbidden(const Value& value, std::string_view name) {
  return Value::undefined("access to attribute '" + std::string(name) + "' of '" + type_name(value) +
                          "' object is unsafe");
}

Value missing(Runtime& runtime, const Value& value, const Value& name) {
  const std::string shown =
      name.is_text() ? "attribute '" + name.bytes() + "'" : "element " + print_quoted(runtime, name);
  return Value::undefined(quoted_type(value) + " object has no " + shown);
}

// Start, step and count of a slice, as Python's slice.indices() has them.
struct Slice {
  int64_t start, step, count;
};

Slice resolve_slice(const Value& start, const Value& stop, const Value& step, int64_t length) {
  const auto number = [](const Value& value, int64_t fallback) {
    if (value.is_none()) return fallback;
    if (value.is_undefined()) fail(value.why_undefined());
    if (!value.is_integral()) fail("slice indices must be integers or None");
    return value.integer();
  };
  int64_t by = number(step, 1);
  if (by == 0) fail("slice step cannot be zero");
  by = std::max(by, -INT64_MAX);
  const int64_t low = by > 0 ? 0 : -1, high = by > 0 ? length : length - 1;
  const auto bound = [&](int64_t at) {
    if (at < 0) at += length;
    return std::clamp(at, low, high);
  };
  const int64_t first = start.is_none() ? (by > 0 ? low : high) : bound(number(start, 0));
  const int64_t end = stop.is_none() ? (by > 0 ? high : low) : bound(number(stop, 0));
  const int64_t distance = by > 0 ? end - first : first - end;
  const int64_t stride = by > 0 ? by : -by;
  return {first, by, distance <= 0 ? 0 : (distance - 1) / stride + 1};
}

Value slice_text(Runtime& runtime, const Text& text, const Slice& part) {
  runtime.budget.work_on_bytes(text.bytes.size());
  if (part.count == 0) return runtime.text("");
  if (part.step == 1) {
    const size_t begin = byte_offset(text, static_cast<size_t>(part.start));
    size_t end = begin + static_cast<size_t>(part.count);
    if (!text.ascii()) end = byte_offset(text, static_cast<size_t>(part.start + part.count));
    return runtime.text(text.bytes.substr(begin, end - begin));
  }
  runtime.budget.check_memory(text.length * 8);
  const std::u32string characters = to_utf32(text.bytes);
  std::string out;
  for (int64_t i = 0; i < part.count; ++i)
    append_utf8(out, characters[static_cast<size_t>(part.start + i * part.step)]);
  return runtime.text(std::move(out));
}

}  // namespace

std::optional<Value> attribute(Runtime& runtime, const Value& value, std::string_view name) {
  const auto bind = [&](const Method* method) -> std::optional<Value> {
    if (method == nullptr) return std::nullopt;
    return runtime.function(method->name, method->body, value);
  };
  if (value.is_object()) {
    if (auto found = value.object().attribute(runtime, name)) return found;
  }
  if (name.starts_with("__") && name.ends_with("__") && name.size() > 4) return forbidden(value, name);
  switch (value.kind()) {
    case Kind::text:
      return bind(find_text_method(name));
    case Kind::dict:
      if (changes_dict(name)) return forbidden(value, name);
      return bind(find_dict_method(name));
    case Kind::list: {
      const List& list = value.list();
      if (list.kind == ListKind::list && changes_list(name)) return forbidden(value, name);
      if (list.kind == ListKind::group && name == "grouper") return list.items[0];
      if (list.kind == ListKind::group && name == "list") return list.items[1];
      return bind(find_list_method(list, name));
    }
    case Kind::boolean:
    case Kind::integer:
      if (name == "real" || name == "numerator") return Value::of(value.integer());
      if (name == "imag") return Value::of(int64_t{0});
      if (name == "denominator") return Value::of(int64_t{1});
      return std::nullopt;
    case Kind::real:
      if (name == "real") return value;
      if (name == "imag") return Value::of(0.0);
      return std::nullopt;
    default:
      return std::nullopt;
  }
}

std::optional<Value> element(Runtime& runtime, const Value& value, const Value& key) {
  if (value.is_dict()) {
    if (key.is_text()) {
      if (const Value* found = value.dict().find(key.bytes())) return *found;
      return std::nullopt;
    }
    if (key.is_dict() || (key.is_list() && !key.list().is_tuple())) return std::nullopt;  // a TypeError there
    if (const Value* found = value.dict().find(runtime, key)) return *found;
    return std::nullopt;
  }
  if (!key.is_integral()) return std::nullopt;
  int64_t index = key.integer();
  if (value.is_list() && value.list().indexable()) {
    const auto& items = value.list().items;
    const auto size = static_cast<int64_t>(items.size());
    if (index < 0) index += size;
    if (index < 0 || index >= size) return std::nullopt;
    return items[static_cast<size_t>(index)];
  }
  if (value.is_text()) {
    const Text& text = value.text();
    const auto size = static_cast<int64_t>(text.length);
    if (index < 0) index += size;
    if (index < 0 || index >= size) return std::nullopt;
    if (!text.ascii()) runtime.budget.work_on_bytes(text.bytes.size());
    return runtime.character(utf8_step(text.bytes, byte_offset(text, static_cast<size_t>(index))).c);
  }
  if (value.is_object()) {
    if (const auto* range = dynamic_cast<const Range*>(&value.object())) {
      if (const auto at = range->at(index)) return Value::of(*at);
    }
  }
  return std::nullopt;
}

Value get_attribute(Runtime& runtime, const Value& value, const std::string& name) {
  if (value.is_undefined()) fail(value.why_undefined());
  if (auto found = attribute(runtime, value, name)) return *found;
  if (value.is_dict()) {
    if (const Value* found = value.dict().find(name)) return *found;
  }
  return Value::undefined(quoted_type(value) + " object has no attribute '" + name + "'");
}

Value get_item(Runtime& runtime, const Value& value, const Value& key) {
  if (value.is_undefined()) fail(value.why_undefined());
  if (auto found = element(runtime, value, key)) return *found;
  if (key.is_text()) {
    if (auto found = attribute(runtime, value, key.bytes())) return *found;
  }
  return missing(runtime, value, key);
}

Value slice(Runtime& runtime, const Value& value, const Value& start, const Value& stop, const Value& step) {
  if (value.is_undefined()) fail(value.why_undefined());
  if (value.is_text()) {
    const auto length = static_cast<int64_t>(value.text().length);
    return slice_text(runtime, value.text(), resolve_slice(start, stop, step, length));
  }
  if (value.is_list() && value.list().indexable()) {
    const auto& items = value.list().items;
    const Slice part = resolve_slice(start, stop, step, static_cast<int64_t>(items.size()));
    std::vector<Value> out;
    for (int64_t i = 0; i < part.count; ++i) out.push_back(items[static_cast<size_t>(part.start + i * part.step)]);
    return runtime.list(std::move(out), value.list().is_tuple() ? ListKind::tuple : ListKind::list);
  }
  if (value.is_object()) {
    if (const auto* range = dynamic_cast<const Range*>(&value.object())) {
      const Slice part = resolve_slice(start, stop, step, range->count);
      const auto at = [&](int64_t index) { return range->start + index * range->step; };
      const int64_t by = part.count > 1 ? range->step * part.step : range->step;
      return Value::of(static_cast<Object*>(runtime.make<Range>(at(part.start), at(part.start) + part.count * by, by)));
    }
  }
  fail(quoted_type(value) + " object cannot be sliced");
}

}  // namespace diptych::jinja
