// Escapes of string literals.
#include <unicode/uchar.h>

#include "engine/text/jinja/failure.h"
#include "engine/text/jinja/lexer.h"
#include "engine/text/unicode.h"

namespace diptych::jinja {
namespace {

int digit_of(char c) {
  if (c >= '0' && c <= '9') return c - '0';
  if ((c | 32) >= 'a' && (c | 32) <= 'f') return (c | 32) - 'a' + 10;
  return 16;
}

class Unescaper {
 public:
  Unescaper(std::string_view literal, int line) : rest_(literal), line_(line) {}

  std::string run() {
    std::string out;
    while (!rest_.empty()) {
      const size_t backslash = rest_.find('\\');
      out += rest_.substr(0, backslash);
      if (backslash == rest_.npos || backslash + 1 == rest_.size()) break;
      const char letter = rest_[backslash + 1];
      rest_.remove_prefix(backslash + 2);
      escape(out, letter);
    }
    return out;
  }

 private:
  void escape(std::string& out, char letter) {
    constexpr std::string_view letters = "abfnrtv\\'\"", meanings = "\a\b\f\n\r\t\v\\'\"";
    if (const size_t at = letters.find(letter); at != letters.npos) {
      out += meanings[at];
    } else if (letter == '\n') {
      // The line goes on.
    } else if (letter >= '0' && letter <= '7') {
      int code = letter - '0';
      for (int i = 0; i < 2 && !rest_.empty() && rest_[0] >= '0' && rest_[0] <= '7'; ++i) {
        code = code * 8 + (rest_[0] - '0');
        rest_.remove_prefix(1);
      }
      append_utf8(out, static_cast<char32_t>(code));
    } else if (letter == 'x' || letter == 'u' || letter == 'U') {
      append_utf8(out, hexadecimal(letter == 'x' ? 2 : letter == 'u' ? 4 : 8));
    } else if (letter == 'N') {
      append_utf8(out, named());
    } else {
      out += '\\';
      out += letter;
    }
  }

  char32_t hexadecimal(size_t digits) {
    uint64_t code = 0;
    for (size_t i = 0; i < digits; ++i) {
      const int digit = rest_.empty() ? 16 : digit_of(rest_[0]);
      if (digit == 16) throw SyntaxFailure("a string has a truncated escape", line_);
      code = code * 16 + static_cast<uint64_t>(digit);
      rest_.remove_prefix(1);
    }
    if (code > 0x10FFFF) throw SyntaxFailure("a string has an escape for no character", line_);
    return static_cast<char32_t>(code);
  }

  char32_t named() {
    const size_t end = rest_.starts_with('{') ? rest_.find('}') : rest_.npos;
    if (end == rest_.npos) throw SyntaxFailure("a string has a malformed \\N escape", line_);
    const std::string name(rest_.substr(1, end - 1));
    rest_.remove_prefix(end + 1);
    UErrorCode error = U_ZERO_ERROR;
    const UChar32 code = u_charFromName(U_EXTENDED_CHAR_NAME, name.c_str(), &error);
    if (U_FAILURE(error)) throw SyntaxFailure("a string names an unknown character", line_);
    return static_cast<char32_t>(code);
  }

  std::string_view rest_;
  int line_;
};

}  // namespace

std::string unescape(std::string_view literal, int line) {
  return Unescaper(literal, line).run();
}

}  // namespace diptych::jinja
