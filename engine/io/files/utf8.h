// UTF-8 validity: shortest forms only, no surrogates, nothing above U+10FFFF (RFC 3629).
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

namespace diptych {

bool is_utf8(std::string_view text);

void append_code_point(std::string& out, uint32_t c);  // at most U+10FFFF, no surrogate

// As it is where it is valid; else every byte is one character of Latin-1.
std::string utf8_or_latin1(std::string_view bytes);

}  // namespace diptych
