// Small readers that the parts of the prompt syntax share.
#pragma once

#include <cstddef>
#include <optional>
#include <string>
#include <string_view>

namespace diptych::diffusion {

bool is_blank(char c);  // white space of ASCII
std::string_view trim_left(std::string_view text);
std::string_view trim_right(std::string_view text);

// Where `word` (ASCII letters) stands by itself, at or behind `from`; npos if nowhere. Its neighbours are no letters,
// digits or underscores of any script.
size_t find_word(std::string_view text, std::string_view word, size_t from);

// "1", "1.", ".5", "-1.5"; with an exponent where that is allowed. None unless the whole text is one finite number.
std::optional<double> read_decimal(std::string_view text, bool exponent = false);
std::string write_decimal(double value);  // the shortest without an exponent that reads back the same

}  // namespace diptych::diffusion
