// "{} and {name:>8}".format(…).
#include <algorithm>

#include "engine/text/jinja/format_spec.h"
#include "engine/text/jinja/numbers.h"
#include "engine/text/jinja/semantics.h"

namespace diptych::jinja {
namespace {

class BraceFormat {
 public:
  BraceFormat(Runtime& runtime, const Arguments& arguments) : runtime_(runtime), arguments_(arguments) {}

  std::string run(std::string_view format, int level) {
    std::string out;
    for (size_t at = 0; at < format.size();) {
      const char c = format[at];
      const bool doubled = at + 1 < format.size() && format[at + 1] == c;
      if ((c == '{' || c == '}') && doubled) {
        out += c;
        at += 2;
      } else if (c == '{') {
        const size_t end = closing(format, at + 1);
        out += field(format.substr(at + 1, end - at - 1), level);
        runtime_.budget.work_on_bytes(out.size() / 8);
        runtime_.budget.check_memory(out.size());
        at = end + 1;
      } else if (c == '}') {
        fail("Single '}' encountered in format string");
      } else {
        out += c;
        ++at;
      }
    }
    return out;
  }

 private:
  static size_t closing(std::string_view format, size_t at) {
    int open = 1;
    bool key = false;  // inside [ ]: braces mean nothing
    for (; at < format.size(); ++at) {
      if (format[at] == '[') key = true;
      if (format[at] == ']') key = false;
      if (key) continue;
      if (format[at] == '{') ++open;
      if (format[at] == '}' && --open == 0) return at;
    }
    fail("expected '}' before end of string");
  }

  std::string field(std::string_view text, int level) {
    if (level == 2) fail("Max string recursion exceeded");
    const size_t name_end = std::min(text.find_first_of(":!"), text.size());
    Value value = lookup(text.substr(0, name_end));
    text.remove_prefix(name_end);
    if (text.starts_with('!')) {
      if (text.size() < 2 || (text.size() > 2 && text[2] != ':')) fail("expected ':' after conversion specifier");
      if (text[1] == 'r' || text[1] == 'a') {
        value = runtime_.text(print_quoted(runtime_, value));
      } else if (text[1] == 's') {
        value = runtime_.text(print(runtime_, value));
      } else {
        fail("unknown conversion specifier");
      }
      text.remove_prefix(2);
    }
    if (text.starts_with(':')) text.remove_prefix(1);
    return format_value(runtime_, value, run(text, level + 1));
  }

  Value lookup(std::string_view name) {
    const size_t first_end = std::min(name.find_first_of(".["), name.size());
    Value value = argument(name.substr(0, first_end));
    name.remove_prefix(first_end);
    while (!name.empty()) {
      if (name[0] == '.') {
        const size_t end = std::min(name.find_first_of(".[", 1), name.size());
        value = get_attribute(runtime_, value, std::string(name.substr(1, end - 1)));
        name.remove_prefix(end);
        continue;
      }
      const size_t end = name[0] == '[' ? name.find(']') : name.npos;
      if (end == name.npos) fail("Missing ']' in format string");
      const std::string_view key = name.substr(1, end - 1);
      const bool digits = !key.empty() && key.find_first_not_of("0123456789") == key.npos;
      value = get_item(runtime_, value, digits ? Value::of(*parse_integer(key, 10)) : runtime_.text(std::string(key)));
      name.remove_prefix(end + 1);
    }
    return value;
  }

  Value argument(std::string_view name) {
    const bool digits = name.find_first_not_of("0123456789") == name.npos;
    if (!digits) {
      if (const Value* found = arguments_.find_named(name)) return *found;
      fail("format: there is no argument '" + std::string(name) + "'");
    }
    if (name.size() > 9) fail("Too many decimal digits in format string");
    const size_t index = name.empty() ? next_++ : static_cast<size_t>(*parse_integer(name, 10));
    if (index >= arguments_.positional.size()) fail("Replacement index " + std::to_string(index) + " out of range");
    return arguments_.positional[index];
  }

  Runtime& runtime_;
  const Arguments& arguments_;
  size_t next_ = 0;
};

}  // namespace

std::string brace_format(Runtime& runtime, const std::string& format, const Arguments& arguments) {
  return BraceFormat(runtime, arguments).run(format, 0);
}

}  // namespace diptych::jinja
