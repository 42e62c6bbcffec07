// Methods of Python's str that look at a text or make another one of it.
#include <algorithm>

#include "engine/text/jinja/arguments.h"
#include "engine/text/jinja/methods.h"
#include "engine/text/jinja/python_text.h"
#include "engine/text/jinja/semantics.h"
#include "engine/text/jinja/text_searches.h"
#include "engine/text/unicode.h"

namespace diptych::jinja {
namespace {

constexpr size_t widening = 3;  // the most that a change of case makes of a byte

template <std::string (*map)(std::string_view)>
Value mapped_method(Runtime& runtime, const Value& self, Arguments& arguments) {
  Bound("str method", arguments, {});
  runtime.budget.work_on_bytes(self.bytes().size() * 16);
  runtime.budget.check_memory(self.bytes().size() * widening);
  return runtime.text(map(self.bytes()));
}

template <Side side>
Value stripped(Runtime& runtime, const Value& self, Arguments& arguments) {
  const Bound bound("strip", arguments, {"/chars"});
  runtime.budget.work_on_bytes(self.bytes().size());
  if (!bound.given_value(0)) return runtime.text(std::string(strip(self.bytes(), side)));
  const std::string characters = bound.text(0, "");
  runtime.budget.work(self.text().length * (characters.size() / 64));
  return runtime.text(std::string(strip(self.bytes(), side, characters)));
}

Value replace_method(Runtime& runtime, const Value& self, Arguments& arguments) {
  const Bound bound("replace", arguments, {"/old", "/new", "count"}, 2);
  return runtime.text(replace_within(runtime, self.text(), bound.text(0, ""), bound.text(1, ""), bound.integer(2, -1)));
}

Value join_method(Runtime& runtime, const Value& self, Arguments& arguments) {
  const Bound bound("join", arguments, {"/iterable"}, 1);
  std::string out;
  bool first = true;
  for (const Value& item : runtime.items_of(bound.get(0))) {
    if (!item.is_text()) fail("sequence item: expected str instance, " + type_name(item) + " found");
    if (!first) out += self.bytes();
    first = false;
    out += item.bytes();
    runtime.budget.work_on_bytes(self.bytes().size() + item.bytes().size());
    runtime.budget.check_memory(out.size());
  }
  return runtime.text(std::move(out));
}

Value format_method(Runtime& runtime, const Value& self, Arguments& arguments) {
  return runtime.text(brace_format(runtime, self.bytes(), arguments));
}

Value zero_filled(Runtime& runtime, const Value& self, Arguments& arguments) {
  const Bound bound("zfill", arguments, {"/width"}, 1);
  const size_t missing = missing_width(runtime, self.text(), bound.integer(0, 0));
  const std::string& text = self.bytes();
  const size_t sign = text.starts_with('-') || text.starts_with('+') ? 1 : 0;
  return runtime.text(text.substr(0, sign) + std::string(missing, '0') + text.substr(sign));
}

template <char align>
Value justified(Runtime& runtime, const Value& self, Arguments& arguments) {
  const Bound bound("justify", arguments, {"/width", "/fillchar"}, 1);
  const size_t missing = missing_width(runtime, self.text(), bound.integer(0, 0));
  const std::string fill = bound.text(1, " ");
  if (utf8_length(fill) != 1) fail("The fill character must be exactly one character long");
  // str.center puts the odd one to the left where the width is odd.
  const auto width = static_cast<size_t>(self.text().length) + missing;
  const size_t before = align == '<' ? 0 : align == '>' ? missing : missing / 2 + (missing & width & 1);
  std::string out;
  for (size_t i = 0; i < before; ++i) out += fill;
  out += self.bytes();
  for (size_t i = before; i < missing; ++i) out += fill;
  return runtime.text(std::move(out));
}

Value without_prefix(Runtime& runtime, const Value& self, Arguments& arguments) {
  const Bound bound("removeprefix", arguments, {"/prefix"}, 1);
  const std::string prefix = bound.text(0, "");
  return self.bytes().starts_with(prefix) ? runtime.text(self.bytes().substr(prefix.size())) : self;
}

Value without_suffix(Runtime& runtime, const Value& self, Arguments& arguments) {
  const Bound bound("removesuffix", arguments, {"/suffix"}, 1);
  const std::string suffix = bound.text(0, "");
  return self.bytes().ends_with(suffix) ? runtime.text(self.bytes().substr(0, self.bytes().size() - suffix.size()))
                                        : self;
}

Value with_tabs_expanded(Runtime& runtime, const Value& self, Arguments& arguments) {
  const Bound bound("expandtabs", arguments, {"tabsize"});
  const int64_t size = std::clamp<int64_t>(bound.integer(0, 8), 0, 1000);
  std::string out;
  int64_t column = 0;
  for (const char c : self.bytes()) {
    if (c == '\t') {
      const int64_t spaces = size == 0 ? 0 : size - column % size;
      out.append(static_cast<size_t>(spaces), ' ');
      column += spaces;
      runtime.budget.check_memory(out.size());
      continue;
    }
    out += c;
    column = c == '\n' || c == '\r' ? 0 : column + ((static_cast<unsigned char>(c) & 0xC0) != 0x80);
  }
  return runtime.text(std::move(out));
}

constexpr Method method_table[] = {
    {"upper", mapped_method<upper_case>},
    {"lower", mapped_method<lower_case>},
    {"title", mapped_method<title_case>},
    {"capitalize", mapped_method<capitalized>},
    {"swapcase", mapped_method<swapped_case>},
    {"casefold", mapped_method<folded_case>},
    {"strip", stripped<Side::both>},
    {"lstrip", stripped<Side::left>},
    {"rstrip", stripped<Side::right>},
    {"replace", replace_method},
    {"join", join_method},
    {"format", format_method},
    {"zfill", zero_filled},
    {"ljust", justified<'<'>},
    {"rjust", justified<'>'>},
    {"center", justified<'^'>},
    {"removeprefix", without_prefix},
    {"removesuffix", without_suffix},
    {"expandtabs", with_tabs_expanded},
};

}  // namespace

size_t missing_width(Runtime& runtime, const Text& text, int64_t width) {
  if (width <= static_cast<int64_t>(text.length)) return 0;
  const size_t missing = static_cast<size_t>(width) - text.length;
  if (missing > runtime.budget.limits().memory_bytes / 4) throw LimitFailure("it takes too much memory");
  runtime.budget.work_on_bytes(missing * 4);
  runtime.budget.check_memory(missing * 4);
  return missing;
}

std::string replace_within(Runtime& runtime, const Text& text, const std::string& from, const std::string& to,
                           int64_t limit) {
  runtime.budget.work_on_bytes(text.bytes.size());
  // The most that can become of it; only what is far beyond the text is counted in advance.
  const size_t matches = from.empty() ? text.length + 1 : text.bytes.size() / from.size();
  if (to.size() > from.size()) {
    size_t found = 0;
    if (from.empty()) {
      found = matches;
    } else {
      for (size_t at = find_text(text.bytes, from); at != std::string::npos && found < matches;
           at = find_text(text.bytes, from, at + from.size()))
        ++found;
    }
    if (limit >= 0) found = std::min(found, static_cast<size_t>(limit));
    if (found > runtime.budget.limits().memory_bytes / to.size()) throw LimitFailure("it takes too much memory");
    runtime.budget.work_on_bytes(found * to.size());
    runtime.budget.check_memory(found * to.size());
  }
  return replace_text(text.bytes, from, to, limit);
}

const Method* find_text_method(std::string_view name) {
  for (const Method& method : method_table) {
    if (method.name == name) return &method;
  }
  return find_text_search(name);
}

}  // namespace diptych::jinja
