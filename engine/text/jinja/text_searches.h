// Methods of Python's str that search, split and classify; and helpers that methods and filters share.
#pragma once

#include <string>

#include "engine/text/jinja/methods.h"
#include "engine/text/jinja/runtime.h"

namespace diptych::jinja {

const Method* find_text_search(std::string_view name);

// str.isupper() and str.islower(): at least one character of the case, and none of the other.
bool is_in_case(Runtime& runtime, const Text& text, bool upper);
// How many characters a field of this width needs besides the text, checked against the limits.
size_t missing_width(Runtime& runtime, const Text& text, int64_t width);
// limit < 0: all.
std::string replace_within(Runtime& runtime, const Text& text, const std::string& from, const std::string& to,
                           int64_t limit);

}  // namespace diptych::jinja
