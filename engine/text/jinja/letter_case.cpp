// Upper, lower and title case with Unicode's full mappings ("ß" becomes "SS"), as Python's str has them.
#include <unicode/locid.h>
#include <unicode/uchar.h>
#include <unicode/unistr.h>

#include "engine/text/jinja/python_text.h"
#include "engine/text/unicode.h"

namespace diptych::jinja {
namespace {

icu::UnicodeString from_utf8(std::string_view text) {
  return icu::UnicodeString::fromUTF8({text.data(), static_cast<int32_t>(text.size())});
}

std::string mapped(std::string_view text, void (*map)(icu::UnicodeString&)) {
  icu::UnicodeString wide = from_utf8(text);
  map(wide);
  std::string out;
  wide.toUTF8String(out);
  return out;
}

void to_upper(icu::UnicodeString& text) {
  text.toUpper(icu::Locale::getRoot());
}

void to_lower(icu::UnicodeString& text) {
  text.toLower(icu::Locale::getRoot());
}

std::string title_of(char32_t c) {
  // One character has its own title form, or that of its upper case ("ǆ" has the first, "ß" the second: "Ss").
  const auto code = static_cast<UChar32>(c);
  if (u_totitle(code) != code) return to_utf8(static_cast<char32_t>(u_totitle(code)));
  std::string upper = upper_case(to_utf8(c));
  const size_t first = utf8_step(upper, 0).bytes;
  return upper.substr(0, first) + lower_case(std::string_view(upper).substr(first));
}

bool is_cased(char32_t c) {
  return u_hasBinaryProperty(static_cast<UChar32>(c), UCHAR_CASED) != 0;
}

}  // namespace

std::string upper_case(std::string_view text) {
  return mapped(text, to_upper);
}

std::string lower_case(std::string_view text) {
  return mapped(text, to_lower);
}

std::string folded_case(std::string_view text) {
  return mapped(text, [](icu::UnicodeString& wide) { wide.foldCase(); });
}

std::string title_case(std::string_view text) {
  std::string out, run;  // a run of cased characters behind its first
  bool inside = false;
  for (size_t at = 0; at < text.size();) {
    const Utf8Step step = utf8_step(text, at);
    const std::string_view bytes = text.substr(at, step.bytes);
    const bool cased = is_cased(step.c);
    if (inside && cased) {
      run += bytes;
    } else {
      out += lower_case(run);
      run.clear();
      out += cased ? title_of(step.c) : std::string(bytes);
    }
    inside = cased;
    at += step.bytes;
  }
  return out + lower_case(run);
}

std::string capitalized(std::string_view text) {
  if (text.empty()) return "";
  const Utf8Step first = utf8_step(text, 0);
  return title_of(first.c) + lower_case(text.substr(first.bytes));
}

std::string swapped_case(std::string_view text) {
  std::string out;
  for (size_t at = 0; at < text.size();) {
    const Utf8Step step = utf8_step(text, at);
    const std::string_view bytes = text.substr(at, step.bytes);
    const auto code = static_cast<UChar32>(step.c);
    out += u_isUUppercase(code) ? lower_case(bytes) : u_isULowercase(code) ? upper_case(bytes) : std::string(bytes);
    at += step.bytes;
  }
  return out;
}

}  // namespace diptych::jinja
