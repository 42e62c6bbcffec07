// Strict JSON of untrusted files: no duplicate keys, bounded nesting, errors that name the file and the byte.
#pragma once

#include <cstdint>
#include <filesystem>
#include <nlohmann/json_fwd.hpp>
#include <string>
#include <string_view>

namespace diptych {

// `base_offset`: where the text starts inside `path`, added to the offsets in messages. Error (invalid_file).
nlohmann::json parse_json(std::string_view text, const std::string& path, uint64_t base_offset = 0);

// One line, or lines indented so far. Bytes that are no UTF-8, as names of files may hold, become U+FFFD.
std::string json_text(const nlohmann::json& value, int indent = -1);
std::string json_text(const nlohmann::ordered_json& value, int indent = -1);

nlohmann::json read_json_file(const std::filesystem::path& path, uint64_t limit_bytes = 64u << 20);

}  // namespace diptych
