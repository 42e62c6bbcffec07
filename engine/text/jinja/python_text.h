// Texts as Python's str sees them: counted in characters, stored as UTF-8.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "engine/text/jinja/value.h"

namespace diptych::jinja {

// Byte offset of the first occurrence from `from`, in linear time whatever the texts are; npos: none.
size_t find_text(std::string_view text, std::string_view part, size_t from = 0);

// Byte offset of a character; `text.length` gives the end.
size_t byte_offset(const Text& text, size_t character);
size_t character_at(std::string_view text, size_t byte);  // how many characters stand before the byte

std::string upper_case(std::string_view text);
std::string lower_case(std::string_view text);
std::string title_case(std::string_view text);  // str.title()
std::string capitalized(std::string_view text);
std::string swapped_case(std::string_view text);
std::string folded_case(std::string_view text);

// `characters` empty: white space.
enum class Side { left, right, both };
std::string_view strip(std::string_view text, Side side);
std::string_view strip(std::string_view text, Side side, std::string_view characters);

std::vector<std::string_view> split_lines(std::string_view text, bool keep_ends = false);
std::vector<std::string_view> split_space(std::string_view text, int64_t limit);        // limit < 0: all
std::vector<std::string_view> split_space_right(std::string_view text, int64_t limit);  // the last `limit` splits
std::string replace_text(std::string_view text, std::string_view from, std::string_view to, int64_t limit);
std::string reversed(std::string_view text);

// Python's str.isspace of one character: White_Space and the separators 0x1C–0x1F.
bool is_python_space(char32_t c);
bool is_python_word(char32_t c);  // \w of Python's re: isalnum() or an underscore

}  // namespace diptych::jinja
