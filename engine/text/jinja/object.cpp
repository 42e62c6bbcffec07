#include "engine/text/jinja/object.h"

#include "engine/text/jinja/runtime.h"
#include "engine/text/jinja/semantics.h"

namespace diptych::jinja {

std::string Object::print(Runtime&) const {
  return "<" + std::string(type_name()) + " object>";
}

std::optional<Value> Object::attribute(Runtime&, std::string_view) {
  return std::nullopt;
}

Value Object::call(Runtime&, Arguments&) {
  fail("'" + std::string(type_name()) + "' object is not callable");
}

std::optional<std::vector<Value>> Object::take_items(Runtime&) {
  return std::nullopt;
}

Range::Range(int64_t first, int64_t end, int64_t by) : start(first), stop(end), step(by), count(0) {
  // In 128 bits nothing overflows, whatever the three numbers are.
  __extension__ using Wide = __int128;
  const Wide distance = step > 0 ? Wide{stop} - start : Wide{start} - stop;
  const Wide stride = step > 0 ? Wide{step} : -Wide{step};
  const Wide elements = distance <= 0 ? 0 : (distance + stride - 1) / stride;
  if (elements > max_range) fail("range() is longer than " + std::to_string(max_range) + " elements");
  count = static_cast<int64_t>(elements);
}

std::string Range::print(Runtime&) const {
  std::string out = "range(" + std::to_string(start) + ", " + std::to_string(stop);
  if (step != 1) out += ", " + std::to_string(step);
  return out + ")";
}

std::optional<std::vector<Value>> Range::take_items(Runtime&) {
  std::vector<Value> items;
  items.reserve(static_cast<size_t>(count));
  for (int64_t i = 0; i < count; ++i) items.push_back(Value::of(start + i * step));
  return items;
}

std::optional<int64_t> Range::at(int64_t index) const {
  if (index < 0) index += count;
  if (index < 0 || index >= count) return std::nullopt;
  return start + index * step;
}

bool Range::contains(const Value& value) const {
  for (int64_t i = 0; i < count; ++i) {
    const int64_t element = start + i * step;
    if (value.is_integral() ? value.integer() == element
                            : value.is_real() && value.real() == static_cast<double>(element))
      return true;
  }
  return false;
}

std::optional<std::vector<Value>> Iterator::take_items(Runtime&) {
  std::vector<Value> rest(items.begin() + static_cast<std::ptrdiff_t>(position), items.end());
  position = items.size();
  return rest;
}

std::optional<Value> Iterator::next() {
  if (position == items.size()) return std::nullopt;
  return items[position++];
}

std::string Namespace::print(Runtime& runtime) const {
  std::string out = "<Namespace {";
  const Deeper deeper(runtime);
  for (const auto& [name, value] : attributes) {
    if (&name != &attributes.front().first) out += ", ";
    out += print_quoted(runtime, name) + ": " + print_quoted(runtime, value);
    runtime.budget.work_on_bytes(out.size());
  }
  return out + "}>";
}

std::optional<Value> Namespace::attribute(Runtime&, std::string_view name) {
  for (const auto& [known, value] : attributes) {
    if (known.is_text() && known.bytes() == name) return value;
  }
  return std::nullopt;
}

void Namespace::set(Runtime& runtime, const Value& name, Value value) {
  runtime.budget.work(1 + attributes.size() / 8);
  for (auto& [known, old] : attributes) {
    if (!equal(runtime, known, name)) continue;
    old = std::move(value);
    return;
  }
  runtime.budget.hold(2 * sizeof(Value));
  attributes.emplace_back(name, std::move(value));
}

}  // namespace diptych::jinja
