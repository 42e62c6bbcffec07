// "%s is %d" % values.
#include <algorithm>
#include <cmath>

#include "engine/text/jinja/format_spec.h"
#include "engine/text/jinja/numbers.h"
#include "engine/text/jinja/semantics.h"

namespace diptych::jinja {
namespace {

class PercentFormat {
 public:
  PercentFormat(Runtime& runtime, std::string_view format, const Value& values)
      : runtime_(runtime), rest_(format), values_(values) {}

  std::string run() {
    std::string out;
    while (!rest_.empty()) {
      const size_t percent = rest_.find('%');
      out += rest_.substr(0, percent);
      if (percent == rest_.npos) break;
      rest_.remove_prefix(percent + 1);
      convert(out);
      runtime_.budget.work();
      runtime_.budget.check_memory(out.size());
    }
    const bool all_used =
        values_.is_list() && values_.list().is_tuple() ? next_ == values_.list().items.size() : next_ > 0 || by_name_;
    if (!all_used && !values_.is_dict() && !is_list(values_))
      fail("not all arguments converted during string formatting");
    return out;
  }

 private:
  static bool is_list(const Value& value) { return value.is_list() && !value.list().is_tuple(); }

  char take(std::string_view set) {
    if (rest_.empty() || set.find(rest_[0]) == set.npos) return 0;
    const char c = rest_[0];
    rest_.remove_prefix(1);
    return c;
  }

  Value next_value() {
    if (values_.is_list() && values_.list().is_tuple()) {
      if (next_ >= values_.list().items.size()) fail("not enough arguments for format string");
      return values_.list().items[next_++];
    }
    if (next_++ > 0) fail("not enough arguments for format string");
    return values_;
  }

  Value named_value() {
    const size_t end = rest_.find(')');
    if (end == rest_.npos) fail("incomplete format key");
    if (!values_.is_dict()) fail("format requires a mapping");
    const Value* found = values_.dict().find(rest_.substr(0, end));
    if (found == nullptr) fail("format: there is no key '" + std::string(rest_.substr(0, end)) + "'");
    rest_.remove_prefix(end + 1);
    by_name_ = true;
    return *found;
  }

  int number() {
    if (take("*") != 0) {
      const Value value = next_value();
      if (!value.is_integral()) fail("* wants int");
      if (value.integer() > max_field || value.integer() < -max_field) fail("a format field is too wide");
      return static_cast<int>(value.integer());
    }
    int value = 0;
    while (const char digit = take("0123456789")) {
      value = value * 10 + (digit - '0');
      if (value > max_field) fail("a format field is too wide");
    }
    return value;
  }

  void convert(std::string& out) {
    Field field;
    std::optional<Value> named;
    if (take("(") != 0) named = named_value();
    bool left = false, zero = false;
    while (const char flag = take("-+ #0")) {
      left |= flag == '-';
      zero |= flag == '0';
      field.alternate |= flag == '#';
      if (flag == '+' || (flag == ' ' && field.sign == '-')) field.sign = flag;
    }
    field.width = number();
    if (field.width < 0) left = true, field.width = -field.width;
    if (take(".") != 0) field.precision = std::max(number(), 0);
    take("hlL");
    if (rest_.empty()) fail("incomplete format");
    field.type = rest_[0];
    rest_.remove_prefix(1);
    if (left) field.align = '<';
    if (field.type == '%') {
      out += '%';
      return;
    }
    append(out, named ? *named : next_value(), field, zero && !left);
  }

  void append(std::string& out, const Value& value, Field field, bool zero) {
    const auto zero_fill = [&] {
      if (zero) field.fill = "0", field.align = '=';
    };
    switch (field.type) {
      case 's':
      case 'r':
      case 'a':
        if (field.align == 0) field.align = '>';
        out += format_text(field.type == 's' ? print(runtime_, value) : print_quoted(runtime_, value), field);
        return;
      case 'c':
        if (field.align == 0) field.align = '>';
        if (value.is_text() && value.text().length == 1) {
          out += pad("", value.bytes(), field, '>');
          return;
        }
        if (!value.is_integral()) fail("%c requires int or char");
        out += format_integer(value.integer(), field);
        return;
      case 'd':
      case 'i':
      case 'u':
        field.type = 'd';
        zero_fill();
        out += format_integer(whole_number(value), field);
        return;
      case 'x':
      case 'X':
      case 'o':
        if (!value.is_integral()) fail(std::string("%") + field.type + " format: an integer is required");
        zero_fill();
        out += format_integer(value.integer(), field);
        return;
      case 'e':
      case 'E':
      case 'f':
      case 'F':
      case 'g':
      case 'G':
        if (value.is_undefined()) fail(value.why_undefined());
        if (!value.is_number()) fail("must be real number, not " + type_name(value));
        zero_fill();
        out += format_real(value.real(), field);
        return;
      default:
        fail(std::string("unsupported format character '") + field.type + "'");
    }
  }

  int64_t whole_number(const Value& value) {
    if (value.is_undefined()) fail(value.why_undefined());
    if (value.is_integral()) return value.integer();
    if (!value.is_real()) fail("%d format: a real number is required, not " + type_name(value));
    return to_integer(value.real());
  }

  Runtime& runtime_;
  std::string_view rest_;
  const Value& values_;
  size_t next_ = 0;
  bool by_name_ = false;
};

}  // namespace

std::string percent_format(Runtime& runtime, const std::string& format, const Value& values) {
  return PercentFormat(runtime, format, values).run();
}

}  // namespace diptych::jinja
