// Bytes of a gzip file (RFC 1952) in memory.
#pragma once

#include <cstddef>
#include <span>
#include <string>

namespace diptych {

// `name` stands for the file in messages. Error (invalid_file): damaged, or longer than `limit_bytes` when unpacked.
std::string gunzip(std::span<const std::byte> packed, const std::string& name, size_t limit_bytes = 256u << 20);

}  // namespace diptych
