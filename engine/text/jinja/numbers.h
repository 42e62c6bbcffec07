// Numbers from texts and from each other.
#pragma once

#include <cstdint>
#include <optional>
#include <string_view>

namespace diptych::jinja {

int64_t to_integer(double value);  // towards zero; Failure for infinities, NaN and what 64 bits do not hold

// Python's int(text, base): white space around, a sign, underscores between digits, prefixes with base 0 or their own.
// Nothing: it is no number. Failure: beyond 64 bits.
std::optional<int64_t> parse_integer(std::string_view text, int base);
std::optional<double> parse_real(std::string_view text);  // Python's float(text)

double round_half_even(double value, int64_t digits);  // Python's round(value, digits)

}  // namespace diptych::jinja
