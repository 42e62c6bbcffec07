// Filters that make or take numbers.
#include <algorithm>
#include <cmath>

#include "engine/text/jinja/arguments.h"
#include "engine/text/jinja/builtins.h"
#include "engine/text/jinja/numbers.h"
#include "engine/text/jinja/semantics.h"

namespace diptych::jinja {
namespace {

Value to_int(Runtime&, const Value& value, Arguments& arguments) {
  const Bound bound("int", arguments, {"default", "base"});
  const Value fallback = bound.given(0) ? bound.get(0) : Value::of(int64_t{0});
  if (value.is_undefined()) fail(value.why_undefined());
  if (value.is_integral()) return Value::of(value.integer());
  if (value.is_real()) {
    if (!std::isfinite(value.real())) return fallback;
    return Value::of(to_integer(value.real()));
  }
  if (!value.is_text()) return fallback;
  const int64_t base = bound.integer(1, 10);
  if (const auto parsed = parse_integer(value.bytes(), static_cast<int>(std::min<int64_t>(base, 99))))
    return Value::of(*parsed);
  const auto real = parse_real(value.bytes());
  if (!real || !std::isfinite(*real)) return fallback;
  return Value::of(to_integer(*real));
}

Value to_float(Runtime&, const Value& value, Arguments& arguments) {
  const Bound bound("float", arguments, {"default"});
  const Value fallback = bound.given(0) ? bound.get(0) : Value::of(0.0);
  if (value.is_undefined()) fail(value.why_undefined());
  if (value.is_number()) return Value::of(value.real());
  if (!value.is_text()) return fallback;
  const auto parsed = parse_real(value.bytes());
  return parsed ? Value::of(*parsed) : fallback;
}

Value abs_filter(Runtime&, const Value& value, Arguments& arguments) {
  Bound("abs", arguments, {});
  if (value.is_undefined()) fail(value.why_undefined());
  if (value.is_integral()) return value.integer() < 0 ? negate(value) : Value::of(value.integer());
  if (value.is_real()) return Value::of(std::fabs(value.real()));
  fail("bad operand type for abs(): '" + type_name(value) + "'");
}

Value round_filter(Runtime&, const Value& value, Arguments& arguments) {
  const Bound bound("round", arguments, {"precision", "method"});
  const int64_t digits = bound.integer(0, 0);
  const std::string method = bound.text(1, "common");
  if (method != "common" && method != "ceil" && method != "floor") fail("method must be common, ceil or floor");
  if (value.is_undefined()) fail(value.why_undefined());
  if (!value.is_number()) fail("type " + type_name(value) + " doesn't define __round__ method");
  if (method == "common") {
    if (!value.is_integral()) return Value::of(round_half_even(value.real(), digits));
    if (digits >= 0) return Value::of(value.integer());
    return Value::of(to_integer(round_half_even(value.real(), digits)));
  }
  const double scale = std::pow(10.0, static_cast<double>(digits));
  const double scaled = value.real() * scale;
  if (!std::isfinite(scaled)) fail("cannot round an infinite number");
  return Value::of((method == "ceil" ? std::ceil(scaled) : std::floor(scaled)) / scale);
}

Value file_size(Runtime& runtime, const Value& value, Arguments& arguments) {
  const Bound bound("filesizeformat", arguments, {"binary"});
  const bool binary = bound.truth(0, false);
  double bytes = 0;
  if (value.is_number()) {
    bytes = value.real();
  } else {
    const auto parsed = value.is_text() ? parse_real(value.bytes()) : std::nullopt;
    if (!parsed) fail("filesizeformat needs a number");
    bytes = *parsed;
  }
  const double base = binary ? 1024 : 1000;
  if (bytes == 1) return runtime.text("1 Byte");
  if (bytes < base) {
    if (!std::isfinite(bytes)) fail("filesizeformat needs a finite number");
    return runtime.text(std::to_string(to_integer(bytes)) + " Bytes");
  }
  constexpr std::string_view letters = "kMGTPEZY";
  double unit = base;
  size_t i = 0;
  for (; i + 1 < letters.size() && bytes >= unit * base; ++i) unit *= base;
  Arguments number;
  number.positional = {Value::of(bytes / unit)};
  std::string prefix(1, letters[i]);
  if (binary) prefix = (prefix == "k" ? "K" : prefix) + "i";
  return runtime.text(brace_format(runtime, "{:.1f}", number) + " " + prefix + "B");
}

constexpr Filter number_filters[] = {
    {"int", to_int}, {"float", to_float}, {"abs", abs_filter}, {"round", round_filter}, {"filesizeformat", file_size}};

}  // namespace

const Filter* find_number_filter(std::string_view name) {
  for (const Filter& filter : number_filters) {
    if (filter.name == name) return &filter;
  }
  return nullptr;
}

}  // namespace diptych::jinja
