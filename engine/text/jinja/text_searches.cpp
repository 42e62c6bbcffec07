#include "engine/text/jinja/text_searches.h"

#include <unicode/uchar.h>

#include <algorithm>

#include "engine/text/jinja/arguments.h"
#include "engine/text/jinja/python_text.h"
#include "engine/text/jinja/semantics.h"
#include "engine/text/unicode.h"

namespace diptych::jinja {
namespace {

// The part of a text that find(sub, start, stop) and its like look at: bytes, and the characters in front of it.
struct Window {
  std::string_view bytes;
  size_t skipped;
  bool empty_range;  // start behind stop or the end: not even "" is found
};

Window window_of(const Text& text, const Bound& bound) {
  const auto length = static_cast<int64_t>(text.length);
  const auto at = [&](size_t index, int64_t fallback) {
    if (!bound.given_value(index)) return fallback;
    int64_t value = bound.integer(index, 0);
    if (value < 0) value = std::max<int64_t>(value + length, 0);
    return value;
  };
  const int64_t start = at(1, 0), stop = std::min(at(2, length), length);
  if (start > stop) return {{}, 0, true};
  const size_t begin = byte_offset(text, static_cast<size_t>(start));
  const size_t end = byte_offset(text, static_cast<size_t>(stop));
  return {std::string_view(text.bytes).substr(begin, end - begin), static_cast<size_t>(start), false};
}

template <bool from_right, bool must_be_there>
Value find_method(Runtime& runtime, const Value& self, Arguments& arguments) {
  const Bound bound("find", arguments, {"/sub", "/start", "/end"}, 1);
  const std::string part = bound.text(0, "");
  const Window window = window_of(self.text(), bound);
  size_t found = std::string_view::npos;
  if (!window.empty_range) {
    runtime.budget.work_on_bytes(window.bytes.size());
    if (from_right) {  // backwards it is quadratic at worst: charged so
      runtime.budget.work(window.bytes.size() / 64 * (std::min(part.size(), window.bytes.size()) / 16));
      found = window.bytes.rfind(part);
    } else {
      found = find_text(window.bytes, part);
    }
  }
  if (found == std::string_view::npos) {
    if (must_be_there) fail("substring not found");
    return Value::of(int64_t{-1});
  }
  return Value::of(static_cast<int64_t>(window.skipped + character_at(window.bytes, found)));
}

Value count_method(Runtime& runtime, const Value& self, Arguments& arguments) {
  const Bound bound("count", arguments, {"/sub", "/start", "/end"}, 1);
  const std::string part = bound.text(0, "");
  const Window window = window_of(self.text(), bound);
  if (window.empty_range) return Value::of(int64_t{0});
  runtime.budget.work_on_bytes(window.bytes.size());
  if (part.empty()) return Value::of(static_cast<int64_t>(utf8_length(window.bytes)) + 1);
  int64_t found = 0;
  for (size_t at = find_text(window.bytes, part); at != std::string_view::npos;
       at = find_text(window.bytes, part, at + part.size()))
    ++found;
  return Value::of(found);
}

template <bool at_end>
Value has_affix(Runtime& runtime, const Value& self, Arguments& arguments) {
  const char* const name = at_end ? "endswith" : "startswith";
  const Bound bound(name, arguments, {"/affix", "/start", "/end"}, 1);
  const Window window = window_of(self.text(), bound);
  const auto matches = [&](const Value& affix) {
    if (!affix.is_text()) {
      if (affix.is_undefined()) fail(affix.why_undefined());
      fail(std::string(name) + " first arg must be str or a tuple of str, not " + type_name(affix));
    }
    runtime.budget.work_on_bytes(affix.bytes().size());
    if (window.empty_range) return false;
    return at_end ? window.bytes.ends_with(affix.bytes()) : window.bytes.starts_with(affix.bytes());
  };
  const Value& affix = bound.get(0);
  if (!affix.is_list() || !affix.list().is_tuple()) return Value::of(matches(affix));
  bool any = false;
  for (const Value& each : affix.list().items) any = any || matches(each);
  return Value::of(any);
}

Value parts_to_list(Runtime& runtime, const std::vector<std::string_view>& parts) {
  std::vector<Value> items;
  runtime.budget.work(parts.size());
  runtime.budget.check_memory(parts.size() * (sizeof(Value) + sizeof(Text) + 32));
  items.reserve(parts.size());
  for (const std::string_view part : parts) items.push_back(runtime.text(std::string(part)));
  return runtime.list(std::move(items));
}

std::vector<std::string_view> split_at(std::string_view text, std::string_view separator, int64_t limit) {
  std::vector<std::string_view> parts;
  size_t done = 0;
  while (limit < 0 || static_cast<int64_t>(parts.size()) < limit) {
    const size_t at = find_text(text, separator, done);
    if (at == std::string_view::npos) break;
    parts.push_back(text.substr(done, at - done));
    done = at + separator.size();
  }
  parts.push_back(text.substr(done));
  return parts;
}

std::vector<std::string_view> split_at_right(std::string_view text, std::string_view separator, int64_t limit) {
  std::vector<std::string_view> parts;
  while (limit < 0 || static_cast<int64_t>(parts.size()) < limit) {
    const size_t at = text.rfind(separator);
    if (at == std::string_view::npos) break;
    parts.push_back(text.substr(at + separator.size()));
    text = text.substr(0, at);
  }
  parts.push_back(text);
  return {parts.rbegin(), parts.rend()};
}

template <bool from_right>
Value split(Runtime& runtime, const Value& self, Arguments& arguments) {
  const Bound bound("split", arguments, {"sep", "maxsplit"});
  const int64_t limit = bound.integer(1, -1);
  const std::string& text = self.bytes();
  runtime.budget.work_on_bytes(text.size());
  runtime.budget.check_memory(text.size() * 2);
  if (!bound.given_value(0))
    return parts_to_list(runtime, from_right ? split_space_right(text, limit) : split_space(text, limit));
  const std::string separator = bound.text(0, "");
  if (separator.empty()) fail("empty separator");
  if (from_right) runtime.budget.work(text.size() / 64 * (std::min(separator.size(), text.size()) / 16));
  return parts_to_list(runtime, from_right ? split_at_right(text, separator, limit) : split_at(text, separator, limit));
}

Value split_lines_method(Runtime& runtime, const Value& self, Arguments& arguments) {
  const Bound bound("splitlines", arguments, {"keepends"});
  runtime.budget.work_on_bytes(self.bytes().size());
  runtime.budget.check_memory(self.bytes().size() * 2);
  return parts_to_list(runtime, split_lines(self.bytes(), bound.truth(0, false)));
}

template <bool from_right>
Value partition(Runtime& runtime, const Value& self, Arguments& arguments) {
  const Bound bound("partition", arguments, {"/sep"}, 1);
  const std::string separator = bound.text(0, "");
  if (separator.empty()) fail("empty separator");
  const std::string& text = self.bytes();
  runtime.budget.work_on_bytes(text.size());
  if (from_right) runtime.budget.work(text.size() / 64 * (std::min(separator.size(), text.size()) / 16));
  const size_t at = from_right ? text.rfind(separator) : find_text(text, separator);
  const Value nothing = runtime.text("");
  if (at == std::string::npos)
    return from_right ? runtime.tuple({nothing, nothing, self}) : runtime.tuple({self, nothing, nothing});
  return runtime.tuple(
      {runtime.text(text.substr(0, at)), runtime.text(separator), runtime.text(text.substr(at + separator.size()))});
}

bool is_letter(char32_t c) {
  return u_isalpha(static_cast<UChar32>(c)) != 0;
}

bool is_decimal(char32_t c) {
  return u_charType(static_cast<UChar32>(c)) == U_DECIMAL_DIGIT_NUMBER;
}

bool is_unicode_digit(char32_t c) {
  const int32_t type = u_getIntPropertyValue(static_cast<UChar32>(c), UCHAR_NUMERIC_TYPE);
  return type == U_NT_DECIMAL || type == U_NT_DIGIT;
}

bool is_number(char32_t c) {
  return u_getIntPropertyValue(static_cast<UChar32>(c), UCHAR_NUMERIC_TYPE) != U_NT_NONE;
}

bool is_letter_or_number(char32_t c) {
  return is_letter(c) || is_number(c);
}

bool is_ascii_character(char32_t c) {
  return c < 128;
}

// Every character is so; of the empty text only where `empty` says it.
template <bool (*each)(char32_t), bool empty = false>
Value all(Runtime& runtime, const Value& self, Arguments& arguments) {
  Bound("str method", arguments, {});
  runtime.budget.work_on_bytes(self.bytes().size());
  for (const char32_t c : to_utf32(self.bytes())) {
    if (!each(c)) return Value::of(false);
  }
  return Value::of(empty || !self.bytes().empty());
}

bool has_property(char32_t c, UProperty property) {
  return u_hasBinaryProperty(static_cast<UChar32>(c), property) != 0;
}

// At least one cased character, and none of the other case.
template <bool upper>
Value is_case(Runtime& runtime, const Value& self, Arguments& arguments) {
  Bound("str method", arguments, {});
  return Value::of(is_in_case(runtime, self.text(), upper));
}

Value is_title(Runtime& runtime, const Value& self, Arguments& arguments) {
  Bound("istitle", arguments, {});
  runtime.budget.work_on_bytes(self.bytes().size());
  bool any = false, inside = false;
  for (const char32_t c : to_utf32(self.bytes())) {
    const bool upper = has_property(c, UCHAR_UPPERCASE) || u_istitle(static_cast<UChar32>(c));
    const bool lower = has_property(c, UCHAR_LOWERCASE);
    if ((upper && inside) || (lower && !inside)) return Value::of(false);
    inside = upper || lower;
    any = any || inside;
  }
  return Value::of(any);
}

Value is_identifier(Runtime& runtime, const Value& self, Arguments& arguments) {
  Bound("isidentifier", arguments, {});
  runtime.budget.work_on_bytes(self.bytes().size());
  bool first = true;
  for (const char32_t c : to_utf32(self.bytes())) {
    if (c != '_' && !has_property(c, first ? UCHAR_XID_START : UCHAR_XID_CONTINUE)) return Value::of(false);
    first = false;
  }
  return Value::of(!first);
}

constexpr Method search_table[] = {
    {"find", find_method<false, false>},
    {"rfind", find_method<true, false>},
    {"index", find_method<false, true>},
    {"rindex", find_method<true, true>},
    {"count", count_method},
    {"startswith", has_affix<false>},
    {"endswith", has_affix<true>},
    {"split", split<false>},
    {"rsplit", split<true>},
    {"splitlines", split_lines_method},
    {"partition", partition<false>},
    {"rpartition", partition<true>},
    {"isalpha", all<is_letter>},
    {"isdigit", all<is_unicode_digit>},
    {"isdecimal", all<is_decimal>},
    {"isnumeric", all<is_number>},
    {"isalnum", all<is_letter_or_number>},
    {"isspace", all<is_python_space>},
    {"isascii", all<is_ascii_character, true>},
    {"isupper", is_case<true>},
    {"islower", is_case<false>},
    {"istitle", is_title},
    {"isidentifier", is_identifier},
};

}  // namespace

bool is_python_word(char32_t c) {
  return c == '_' || is_letter_or_number(c);
}

bool is_in_case(Runtime& runtime, const Text& text, bool upper) {
  runtime.budget.work_on_bytes(text.bytes.size());
  bool any = false;
  for (const char32_t c : to_utf32(text.bytes)) {
    if (has_property(c, upper ? UCHAR_LOWERCASE : UCHAR_UPPERCASE) || u_istitle(static_cast<UChar32>(c))) return false;
    any = any || has_property(c, upper ? UCHAR_UPPERCASE : UCHAR_LOWERCASE);
  }
  return any;
}

const Method* find_text_search(std::string_view name) {
  for (const Method& method : search_table) {
    if (method.name == name) return &method;
  }
  return nullptr;
}

}  // namespace diptych::jinja
