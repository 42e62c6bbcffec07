#include "engine/text/jinja/format_spec.h"

#include <algorithm>
#include <charconv>
#include <cmath>

#include "engine/text/jinja/python_text.h"
#include "engine/text/jinja/semantics.h"
#include "engine/text/unicode.h"

namespace diptych::jinja {
namespace {

std::string digits_of(double magnitude, std::chars_format format, int precision) {
  std::string out(static_cast<size_t>(precision) + 400, '\0');
  const auto end = std::to_chars(out.data(), out.data() + out.size(), magnitude, format, precision).ptr;
  out.resize(static_cast<size_t>(end - out.data()));
  return out;
}

void upper_letters(std::string& text) {
  for (char& c : text) {
    if (c >= 'a' && c <= 'z') c = static_cast<char>(c - 32);
  }
}

// Separators between groups of the integer part.
std::string grouped(const std::string& digits, char separator, size_t group) {
  const size_t whole = std::min(digits.find_first_not_of("0123456789abcdefABCDEF"), digits.size());
  std::string out;
  for (size_t i = 0; i < whole; ++i) {
    if (i > 0 && (whole - i) % group == 0) out += separator;
    out += digits[i];
  }
  return out + digits.substr(whole);
}

std::string sign_of(bool negative, char style) {
  if (negative) return "-";
  return style == '-' ? "" : std::string(1, style);
}

// %g: an exponent below 1e-4 and from 10^precision; trailing zeros go unless `alternate`.
std::string general(double magnitude, int precision, bool alternate) {
  if (precision == 0) precision = 1;
  if (!alternate) return digits_of(magnitude, std::chars_format::general, precision);
  const std::string scientific = digits_of(magnitude, std::chars_format::scientific, precision - 1);
  int exponent = 0;
  const size_t e = scientific.find('e');
  const char* first = scientific.data() + e + 1 + (scientific[e + 1] == '+');
  std::from_chars(first, scientific.data() + scientific.size(), exponent);
  if (exponent < -4 || exponent >= precision) return scientific;
  std::string out = digits_of(magnitude, std::chars_format::fixed, precision - 1 - exponent);
  if (out.find('.') == out.npos) out += '.';
  return out;
}

// format(1.0): like repr, or like %g with at least one digit behind the point.
std::string plain_real(double magnitude, int precision) {
  if (precision < 0) return print_real(magnitude);
  precision = std::max(precision, 1);
  const std::string scientific = digits_of(magnitude, std::chars_format::scientific, precision - 1);
  int exponent = 0;
  const size_t e = scientific.find('e');
  const char* first = scientific.data() + e + 1 + (scientific[e + 1] == '+');
  std::from_chars(first, scientific.data() + scientific.size(), exponent);
  std::string out = general(magnitude, precision, false);
  // A number that would lose its point keeps ".0", or takes an exponent where that needs a digit too many.
  if (out.find_first_of(".e") == out.npos) {
    if (exponent >= precision - 1) return digits_of(magnitude, std::chars_format::scientific, precision - 1);
    out += ".0";
  }
  return out;
}

}  // namespace

std::string pad(const std::string& sign, const std::string& body, const Field& field, char default_align) {
  const size_t used = utf8_length(sign) + utf8_length(body);
  const size_t missing = used < static_cast<size_t>(field.width) ? static_cast<size_t>(field.width) - used : 0;
  const char align = field.align != 0 ? field.align : default_align;
  const auto filling = [&](size_t count) {
    std::string out;
    for (size_t i = 0; i < count; ++i) out += field.fill;
    return out;
  };
  switch (align) {
    case '<':
      return sign + body + filling(missing);
    case '^':
      return filling(missing / 2) + sign + body + filling(missing - missing / 2);
    case '=':
      return sign + filling(missing) + body;
    default:
      return filling(missing) + sign + body;
  }
}

std::string format_integer(int64_t value, const Field& field) {
  const bool negative = value < 0;
  const uint64_t magnitude = negative ? uint64_t{0} - static_cast<uint64_t>(value) : static_cast<uint64_t>(value);
  if (field.type == 'c') {
    if (value < 0 || value > 0x10FFFF) fail("%c needs a character's number");
    return pad("", to_utf8(static_cast<char32_t>(value)), field, '<');
  }
  const bool hex = field.type == 'x' || field.type == 'X';
  const int base = hex ? 16 : field.type == 'o' ? 8 : field.type == 'b' ? 2 : 10;
  char buffer[72];
  std::string digits(buffer, std::to_chars(buffer, buffer + sizeof buffer, magnitude, base).ptr);
  std::string sign = sign_of(negative, field.sign);
  if (field.alternate && base != 10) sign += std::string("0") + (hex ? 'x' : field.type);
  if (field.type == 'X') upper_letters(digits), upper_letters(sign);
  if (field.precision > static_cast<int>(digits.size()))
    digits.insert(0, static_cast<size_t>(field.precision) - digits.size(), '0');
  if (field.group != 0) digits = grouped(digits, field.group, base == 10 ? 3 : 4);
  return pad(sign, digits, field, '>');
}

std::string format_real(double value, const Field& field) {
  const std::string sign = sign_of(std::signbit(value) && !std::isnan(value), field.sign);
  const double magnitude = std::fabs(value);
  std::string body;
  if (!std::isfinite(value)) {
    body = std::isnan(value) ? "nan" : "inf";
    if (field.type == '%') body += '%';
  } else {
    const int precision = field.precision < 0 ? 6 : field.precision;
    switch (field.type) {
      case 'e':
      case 'E':
        body = digits_of(magnitude, std::chars_format::scientific, precision);
        break;
      case 'g':
      case 'G':
      case 'n':
        body = general(magnitude, precision, field.alternate);
        break;
      case '%':
        body = digits_of(magnitude * 100, std::chars_format::fixed, precision) + "%";
        break;
      case 0:
        body = plain_real(magnitude, field.precision);
        break;
      default:
        body = digits_of(magnitude, std::chars_format::fixed, precision);
    }
    if (field.group != 0) body = grouped(body, field.group, 3);
  }
  if (field.type == 'E' || field.type == 'G' || field.type == 'F') upper_letters(body);
  return pad(sign, body, field, '>');
}

std::string format_text(std::string_view text, const Field& field) {
  std::string body(text);
  if (field.precision >= 0 && utf8_length(body) > static_cast<size_t>(field.precision)) {
    const Text whole(body, false, nullptr);
    body.resize(byte_offset(whole, static_cast<size_t>(field.precision)));
  }
  return pad("", body, field, '<');
}

Field parse_format_spec(std::string_view spec) {
  Field field;
  const auto is_align = [](char c) { return c == '<' || c == '>' || c == '^' || c == '='; };
  if (!spec.empty()) {
    const size_t first = utf8_step(spec, 0).bytes;
    if (first < spec.size() && is_align(spec[first])) {
      field.fill = spec.substr(0, first);
      field.align = spec[first];
      spec.remove_prefix(first + 1);
    } else if (is_align(spec[0])) {
      field.align = spec[0];
      spec.remove_prefix(1);
    }
  }
  const auto take = [&](std::string_view set) -> char {
    if (spec.empty() || set.find(spec[0]) == set.npos) return 0;
    const char c = spec[0];
    spec.remove_prefix(1);
    return c;
  };
  const auto number = [&] {
    int value = -1;
    while (const char digit = take("0123456789")) {
      value = std::max(value, 0) * 10 + (digit - '0');
      if (value > max_field) fail("a format specifier is too wide");
    }
    return value;
  };
  if (const char sign = take("+- ")) field.sign = sign;
  field.alternate = take("#") != 0;
  if (take("0") != 0 && field.align == 0) field.fill = "0", field.align = '=';
  field.width = std::max(number(), 0);
  field.group = take(",_");
  if (take(".") != 0) {
    field.precision = number();
    if (field.precision < 0) fail("format specifier missing precision");
  }
  field.type = take("bcdeEfFgGnosxX%");
  if (!spec.empty()) fail("invalid format specifier");
  return field;
}

std::string format_value(Runtime& runtime, const Value& value, std::string_view spec) {
  if (spec.empty()) return print(runtime, value);
  Field field = parse_format_spec(spec);
  const auto wrong = [&] {
    fail(std::string("unknown format code '") + field.type + "' for object of type '" + type_name(value) + "'");
  };
  const bool real_type = field.type != 0 && std::string_view("eEfFgG%").find(field.type) != std::string_view::npos;
  if (value.is_int() || (value.is_bool() && field.type != 0)) {
    if (field.type == 's') wrong();
    if (real_type) return format_real(value.real(), field);
    if (field.precision >= 0) fail("precision not allowed in integer format specifier");
    return format_integer(value.integer(), field);
  }
  if (value.is_real()) {
    if (field.type != 0 && !real_type && field.type != 'n') wrong();
    return format_real(value.real(), field);
  }
  if (value.is_text() || value.is_bool()) {
    if (field.type != 0 && field.type != 's') wrong();
    if (field.align == '=' && field.fill != "0") fail("'=' alignment not allowed in string format specifier");
    if (field.align == '=') field.align = '<';
    return format_text(print(runtime, value), field);
  }
  fail("unsupported format string passed to " + type_name(value) + ".__format__");
}

}  // namespace diptych::jinja
