// CRC-32C (Castagnoli 1993; RFC 3720, appendix B.4): finds what a disk or a copy got wrong, not what somebody forged.
#pragma once

#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <span>

namespace diptych {

// `before`: of what was summed already.
uint32_t crc32c(std::span<const std::byte> bytes, uint32_t before = 0);

uint32_t crc32c_of_file(const std::filesystem::path& path);  // Error as MappedFile::open; 0 of an empty file

}  // namespace diptych
