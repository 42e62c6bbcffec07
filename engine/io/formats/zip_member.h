// Takes one file out of a zip archive (a wheel), stored or deflated, without unpacking the rest.
#pragma once

#include <cstdint>
#include <filesystem>
#include <functional>
#include <span>
#include <string>

#include "engine/core/cancel.h"

namespace diptych {

// Hands the member's bytes to `sink` in pieces. Error (invalid_file): no archive, no such member, encrypted, another
// compression, larger than `limit_bytes` by its own word or in fact, or damaged (its CRC is checked).
void read_zip_member(const std::filesystem::path& archive, const std::string& member, uint64_t limit_bytes,
                     const std::function<void(std::span<const std::byte>)>& sink, const CancelToken& cancel = {});

}  // namespace diptych
