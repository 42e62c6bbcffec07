// Truth, equality, order, membership and length, as Python defines them.
#include <algorithm>
#include <cmath>
#include <functional>

#include "engine/text/jinja/python_text.h"
#include "engine/text/jinja/semantics.h"

namespace diptych::jinja {
namespace {

bool equal_dicts(Runtime& runtime, const Dict& left, const Dict& right) {
  if (left.entries().size() != right.entries().size()) return false;
  for (const auto& [key, value] : left.entries()) {
    const Value* other = right.find(runtime, key);
    if (other == nullptr || !equal(runtime, value, *other)) return false;
  }
  return true;
}

bool equal_lists(Runtime& runtime, const List& left, const List& right) {
  if (!left.indexable() || !right.indexable()) return &left == &right;
  if (left.is_tuple() != right.is_tuple() || left.items.size() != right.items.size()) return false;
  for (size_t i = 0; i < left.items.size(); ++i) {
    if (!equal(runtime, left.items[i], right.items[i])) return false;
  }
  return true;
}

bool equal_integer_and_real(int64_t integer, double real) {
  // Exact: a double that is integral and in range converts back without loss.
  if (!(real >= -9223372036854775808.0 && real < 9223372036854775808.0) || real != std::floor(real)) return false;
  return static_cast<int64_t>(real) == integer;
}

}  // namespace

bool is_true(const Value& value) {
  switch (value.kind()) {
    case Kind::undefined:
    case Kind::none:
      return false;
    case Kind::boolean:
    case Kind::integer:
      return value.integer() != 0;
    case Kind::real:
      return value.real() != 0;
    case Kind::text:
      return value.text().length != 0;
    case Kind::list:
      return !value.list().items.empty();
    case Kind::dict:
      return !value.dict().entries().empty();
    case Kind::object:
      return value.object().length().value_or(1) != 0;
  }
  return false;
}

bool equal(Runtime& runtime, const Value& left, const Value& right) {
  runtime.budget.work();
  if (left.is_number() && right.is_number()) {
    if (left.is_integral() && right.is_integral()) return left.integer() == right.integer();
    if (left.is_integral()) return equal_integer_and_real(left.integer(), right.real());
    if (right.is_integral()) return equal_integer_and_real(right.integer(), left.real());
    return left.real() == right.real();
  }
  if (left.kind() != right.kind()) return false;
  switch (left.kind()) {
    case Kind::text:
      if (left.text().length != right.text().length) return false;
      runtime.budget.work_on_bytes(left.bytes().size());
      return left.bytes() == right.bytes();
    case Kind::list: {
      const Deeper deeper(runtime);
      return equal_lists(runtime, left.list(), right.list());
    }
    case Kind::dict: {
      const Deeper deeper(runtime);
      return equal_dicts(runtime, left.dict(), right.dict());
    }
    case Kind::object: {
      const auto* a = dynamic_cast<const Range*>(&left.object());
      const auto* b = dynamic_cast<const Range*>(&right.object());
      if (a == nullptr || b == nullptr) return &left.object() == &right.object();
      return a->count == b->count && (a->count == 0 || (a->start == b->start && (a->count == 1 || a->step == b->step)));
    }
    default:
      return true;  // undefined or none, both
  }
}

bool same(const Value& left, const Value& right) {
  if (left.kind() != right.kind()) return false;
  switch (left.kind()) {
    case Kind::list:
      return &left.list() == &right.list();
    case Kind::dict:
      return &left.dict() == &right.dict();
    case Kind::object:
      return &left.object() == &right.object();
    case Kind::text:  // which equal texts are one object is an accident of CPython
      return left.bytes() == right.bytes();
    case Kind::boolean:
    case Kind::integer:
      return left.integer() == right.integer();
    case Kind::real:
      return left.real() == right.real();
    case Kind::none:
      return true;
    case Kind::undefined:
      return false;
  }
  return false;
}

size_t hash_of(Runtime& runtime, const Value& value) {
  runtime.budget.work();
  switch (value.kind()) {
    case Kind::undefined:
    case Kind::none:
      return 1;
    case Kind::boolean:
    case Kind::integer:
    case Kind::real:
      return std::hash<double>()(value.real());  // equal numbers of all three types share a hash
    case Kind::text:
      runtime.budget.work_on_bytes(value.bytes().size());
      return std::hash<std::string_view>()(value.bytes());
    case Kind::list:
      if (value.list().is_tuple()) {
        const Deeper deeper(runtime);
        size_t hash = 7;
        for (const Value& item : value.list().items) hash = hash * 1'000'003 + hash_of(runtime, item);
        return hash;
      }
      break;
    case Kind::object:
      return std::hash<const void*>()(&value.object());
    case Kind::dict:
      break;
  }
  fail("unhashable type: '" + type_name(value) + "'");
}

bool less(Runtime& runtime, const Value& left, const Value& right) {
  runtime.budget.work();
  for (const Value* value : {&left, &right}) {
    if (value->is_undefined()) fail(value->why_undefined());
  }
  if (left.is_integral() && right.is_integral()) return left.integer() < right.integer();
  if (left.is_number() && right.is_number()) return left.real() < right.real();
  if (left.is_text() && right.is_text()) {
    runtime.budget.work_on_bytes(std::min(left.bytes().size(), right.bytes().size()));
    return left.bytes() < right.bytes();  // the bytes of UTF-8 sort as the characters do
  }
  if (left.is_list() && right.is_list() && left.list().indexable() && right.list().indexable() &&
      left.list().is_tuple() == right.list().is_tuple()) {
    const Deeper deeper(runtime);
    const auto& a = left.list().items;
    const auto& b = right.list().items;
    for (size_t i = 0; i < a.size() && i < b.size(); ++i) {
      if (!equal(runtime, a[i], b[i])) return less(runtime, a[i], b[i]);
    }
    return a.size() < b.size();
  }
  fail("'<' not supported between instances of '" + type_name(left) + "' and '" + type_name(right) + "'");
}

bool contains(Runtime& runtime, const Value& container, const Value& element) {
  if (container.is_text()) {
    if (!element.is_text()) fail("'in <string>' requires string as left operand, not " + type_name(element));
    runtime.budget.work_on_bytes(container.bytes().size());
    return find_text(container.bytes(), element.bytes()) != std::string::npos;
  }
  if (container.is_dict()) return container.dict().find(runtime, element) != nullptr;
  if (container.is_object()) {
    if (const auto* range = dynamic_cast<const Range*>(&container.object())) {
      runtime.budget.work(static_cast<uint64_t>(range->count) / 16);
      return range->contains(element);
    }
  }
  if (container.is_list()) {
    for (const Value& item : container.list().items) {
      if (equal(runtime, item, element)) return true;
    }
    return false;
  }
  if (!container.is_undefined() && !container.is_object())
    fail("argument of type '" + type_name(container) + "' is not iterable");
  for (const Value& item : runtime.items_of(container)) {
    if (equal(runtime, item, element)) return true;
  }
  return false;
}

int64_t length_of(const Value& value) {
  switch (value.kind()) {
    case Kind::undefined:
      return 0;
    case Kind::text:
      return static_cast<int64_t>(value.text().length);
    case Kind::list:
      return static_cast<int64_t>(value.list().items.size());
    case Kind::dict:
      return static_cast<int64_t>(value.dict().entries().size());
    case Kind::object:
      if (const auto length = value.object().length()) return *length;
      break;
    default:
      break;
  }
  fail("object of type '" + type_name(value) + "' has no len()");
}

}  // namespace diptych::jinja
