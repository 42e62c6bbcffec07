// The alphabet of byte-level BPE: every byte has a printable character (GPT-2's encoder.py).
#pragma once

#include <optional>
#include <string>
#include <string_view>

namespace diptych {

void append_byte_level(std::string& out, std::string_view bytes);  // bytes to their characters
// Characters back to bytes; nothing where one of them stands for no byte.
std::optional<std::string> from_byte_level(std::string_view text);

}  // namespace diptych
