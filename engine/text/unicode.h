// Characters of UTF-8 text, and the few Unicode classes that tokenizers are written in.
#pragma once

#include <cstddef>
#include <string>
#include <string_view>

namespace diptych {

// One step through any bytes. Bytes that are no UTF-8 give U+FFFD for each "maximal subpart" (Unicode 3.9, as WHATWG
// and Rust do); `truncated` says that the text ended inside a character that could still become whole.
struct Utf8Step {
  char32_t c;
  size_t bytes;  // at least 1
  bool valid;
  bool truncated;
};
Utf8Step utf8_step(std::string_view text, size_t at);

void append_utf8(std::string& out, char32_t c);
std::string to_utf8(char32_t c);
std::u32string to_utf32(std::string_view text);
std::string to_utf8(std::u32string_view text);
std::string lossy_utf8(std::string_view bytes);  // always valid
size_t utf8_length(std::string_view text);       // characters of valid UTF-8

bool is_space(char32_t c);        // White_Space
bool is_word(char32_t c);         // what \w means to Oniguruma and Rust: Alphabetic, M, Nd, Pc
bool is_numeric(char32_t c);      // N
bool is_punctuation(char32_t c);  // P, and the symbols of ASCII
bool is_mark(char32_t c);         // M
bool is_nonspacing(char32_t c);   // Mn
bool is_other(char32_t c);        // C
void append_lower(std::string& out, char32_t c);

enum class NormalForm { nfc, nfd, nfkc, nfkd };
std::string normalize_form(std::string_view text, NormalForm form);  // valid UTF-8

}  // namespace diptych
