// Numbers and texts laid out in a field: what "%-8.3f" and "{:>8,.3f}" have in common.
#pragma once

#include <string>
#include <string_view>

#include "engine/text/jinja/runtime.h"

namespace diptych::jinja {

constexpr int max_field = 10'000;  // width and precision

struct Field {
  std::string fill = " ";  // one character
  char align = 0;          // '<', '>', '^', '=' (between sign and digits); 0: as the type has it
  char sign = '-';         // '-', '+', ' '
  bool alternate = false;  // '#'
  char group = 0;          // ',' or '_' between thousands
  int width = 0;
  int precision = -1;  // -1: none given
  char type = 0;       // 'd', 'f', 'x', …; 0: none given
};

std::string pad(const std::string& sign, const std::string& body, const Field& field, char default_align);
std::string format_integer(int64_t value, const Field& field);  // d, x, X, o, b, c, n
std::string format_real(double value, const Field& field);      // e, E, f, F, g, G, %, 0
std::string format_text(std::string_view text, const Field& field);

// "[[fill]align][sign][#][0][width][,][.precision][type]". Failure where it is something else.
Field parse_format_spec(std::string_view spec);
// Python's format(value, spec).
std::string format_value(Runtime& runtime, const Value& value, std::string_view spec);

}  // namespace diptych::jinja
