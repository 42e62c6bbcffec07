// Python's arithmetic.
#include <cmath>

#include "engine/text/jinja/semantics.h"

namespace diptych::jinja {
namespace {

constexpr const char* symbols[] = {"+", "-", "*", "/", "//", "%", "**"};

[[noreturn]] void too_large() {
  fail("an integer is beyond 64 bits");
}

int64_t floor_divide(int64_t left, int64_t right) {
  if (right == 0) fail("integer division or modulo by zero");
  if (left == INT64_MIN && right == -1) too_large();
  const int64_t quotient = left / right;
  return quotient - (left % right != 0 && (left < 0) != (right < 0));
}

int64_t modulo(int64_t left, int64_t right) {
  if (right == 0) fail("integer division or modulo by zero");
  if (right == -1) return 0;
  const int64_t rest = left % right;
  return rest != 0 && (rest < 0) != (right < 0) ? rest + right : rest;
}

double modulo(double left, double right) {
  if (right == 0) fail("float modulo by zero");
  const double rest = std::fmod(left, right);
  if (rest == 0) return std::copysign(0.0, right);
  return (rest < 0) != (right < 0) ? rest + right : rest;
}

double floor_divide(double left, double right) {
  if (right == 0) fail("float floor division by zero");
  const double rest = modulo(left, right);
  const double quotient = (left - rest) / right;
  if (quotient == 0) return std::copysign(0.0, left / right);
  const double floored = std::floor(quotient);
  return quotient - floored > 0.5 ? floored + 1 : floored;
}

Value power(int64_t base, int64_t exponent) {
  if (exponent < 0) {
    if (base == 0) fail("0.0 cannot be raised to a negative power");
    return Value::of(std::pow(static_cast<double>(base), static_cast<double>(exponent)));
  }
  int64_t result = 1;
  for (int64_t square = base; exponent > 0; exponent >>= 1) {
    if ((exponent & 1) != 0 && __builtin_mul_overflow(result, square, &result)) too_large();
    if (exponent > 1 && __builtin_mul_overflow(square, square, &square)) too_large();
  }
  return Value::of(result);
}

Value apply_integers(Operator op, int64_t left, int64_t right) {
  int64_t result = 0;
  switch (op) {
    case Operator::add:
      if (__builtin_add_overflow(left, right, &result)) too_large();
      return Value::of(result);
    case Operator::subtract:
      if (__builtin_sub_overflow(left, right, &result)) too_large();
      return Value::of(result);
    case Operator::multiply:
      if (__builtin_mul_overflow(left, right, &result)) too_large();
      return Value::of(result);
    case Operator::divide:
      if (right == 0) fail("division by zero");
      return Value::of(static_cast<double>(left) / static_cast<double>(right));
    case Operator::floor_divide:
      return Value::of(floor_divide(left, right));
    case Operator::modulo:
      return Value::of(modulo(left, right));
    case Operator::power:
      return power(left, right);
  }
  return {};
}

Value apply_reals(Operator op, double left, double right) {
  switch (op) {
    case Operator::add:
      return Value::of(left + right);
    case Operator::subtract:
      return Value::of(left - right);
    case Operator::multiply:
      return Value::of(left * right);
    case Operator::divide:
      if (right == 0) fail("float division by zero");
      return Value::of(left / right);
    case Operator::floor_divide:
      return Value::of(floor_divide(left, right));
    case Operator::modulo:
      return Value::of(modulo(left, right));
    case Operator::power: {
      if (left == 0 && right < 0) fail("0.0 cannot be raised to a negative power");
      if (left < 0 && std::isfinite(left) && std::isfinite(right) && right != std::floor(right))
        fail("a power is a complex number");
      const double result = std::pow(left, right);
      if (std::isinf(result) && std::isfinite(left) && std::isfinite(right)) fail("a power is out of range");
      return Value::of(result);
    }
  }
  return {};
}

Value join_texts(Runtime& runtime, const Text& left, const Text& right) {
  const bool markup = left.markup || right.markup;
  if (left.markup == right.markup) return runtime.text(left.bytes + right.bytes, markup);
  // Python's Markup escapes what is joined to it.
  return runtime.text(
      (left.markup ? left.bytes : escape_html(left.bytes)) + (right.markup ? right.bytes : escape_html(right.bytes)),
      true);
}

Value join_lists(Runtime& runtime, const List& left, const List& right) {
  std::vector<Value> items;
  runtime.budget.check_memory((left.items.size() + right.items.size()) * sizeof(Value));
  items.reserve(left.items.size() + right.items.size());
  items.insert(items.end(), left.items.begin(), left.items.end());
  items.insert(items.end(), right.items.begin(), right.items.end());
  return runtime.list(std::move(items), left.is_tuple() ? ListKind::tuple : ListKind::list);
}

Value repeat(Runtime& runtime, const Value& value, int64_t times) {
  const auto count = static_cast<size_t>(std::max<int64_t>(times, 0));
  const size_t size = value.is_text() ? value.bytes().size() : value.list().items.size() * sizeof(Value);
  if (size != 0 && count > runtime.budget.limits().memory_bytes / size) throw LimitFailure("it takes too much memory");
  runtime.budget.check_memory(size * count);
  if (value.is_text()) {
    runtime.budget.work_on_bytes(size * count);
    std::string out;
    out.reserve(size * count);
    for (size_t i = 0; i < count && size != 0; ++i) out += value.bytes();
    return runtime.text(std::move(out), value.text().markup);
  }
  std::vector<Value> items;
  for (size_t i = 0; i < count && size != 0; ++i)
    items.insert(items.end(), value.list().items.begin(), value.list().items.end());
  return runtime.list(std::move(items), value.list().is_tuple() ? ListKind::tuple : ListKind::list);
}

bool repeatable(const Value& value) {
  return value.is_text() || (value.is_list() && value.list().indexable());
}

}  // namespace

Value apply(Runtime& runtime, Operator op, const Value& left, const Value& right) {
  if (left.is_integral() && right.is_integral()) return apply_integers(op, left.integer(), right.integer());
  if (left.is_number() && right.is_number()) return apply_reals(op, left.real(), right.real());
  if (op == Operator::modulo && left.is_text())
    return runtime.text(percent_format(runtime, left.bytes(), right), left.text().markup);
  for (const Value* value : {&left, &right}) {
    if (value->is_undefined()) fail(value->why_undefined());
  }
  if (op == Operator::add) {
    if (left.is_text() && right.is_text()) return join_texts(runtime, left.text(), right.text());
    if (left.is_list() && right.is_list() && repeatable(left) && repeatable(right) &&
        left.list().is_tuple() == right.list().is_tuple())
      return join_lists(runtime, left.list(), right.list());
  }
  if (op == Operator::multiply) {
    if (repeatable(left) && right.is_integral()) return repeat(runtime, left, right.integer());
    if (repeatable(right) && left.is_integral()) return repeat(runtime, right, left.integer());
  }
  fail(std::string("unsupported operand types for ") + symbols[static_cast<int>(op)] + ": '" + type_name(left) +
       "' and '" + type_name(right) + "'");
}

Value negate(const Value& value) {
  if (value.is_undefined()) fail(value.why_undefined());
  if (value.is_integral()) {
    if (value.integer() == INT64_MIN) too_large();
    return Value::of(-value.integer());
  }
  if (value.is_real()) return Value::of(-value.real());
  fail("bad operand type for unary -: '" + type_name(value) + "'");
}

Value plus(const Value& value) {
  if (value.is_undefined()) fail(value.why_undefined());
  if (value.is_integral()) return Value::of(value.integer());
  if (value.is_real()) return value;
  fail("bad operand type for unary +: '" + type_name(value) + "'");
}

std::string escape_html(std::string_view text) {
  std::string out;
  out.reserve(text.size());
  for (const char c : text) {
    switch (c) {
      case '&':
        out += "&amp;";
        break;
      case '<':
        out += "&lt;";
        break;
      case '>':
        out += "&gt;";
        break;
      case '"':
        out += "&#34;";
        break;
      case '\'':
        out += "&#39;";
        break;
      default:
        out += c;
    }
  }
  return out;
}

}  // namespace diptych::jinja
