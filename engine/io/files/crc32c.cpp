#include "engine/io/files/crc32c.h"

#include <array>
#include <cstring>
#include <system_error>

#include "engine/io/files/mapped_file.h"

namespace diptych {
namespace {

// tables[k][b]: what byte b does to the sum after k more zero bytes; eight bytes are looked up at once ("slicing by
// eight", Kounavis & Berry 2005).
constexpr std::array<std::array<uint32_t, 256>, 8> make_crc_tables() {
  std::array<std::array<uint32_t, 256>, 8> tables{};
  for (uint32_t byte = 0; byte < 256; ++byte) {
    uint32_t sum = byte;
    for (int bit = 0; bit < 8; ++bit) sum = sum >> 1 ^ ((sum & 1u) != 0 ? 0x82f63b78u : 0u);
    tables[0][byte] = sum;
  }
  for (size_t k = 1; k < 8; ++k) {
    for (size_t byte = 0; byte < 256; ++byte) {
      tables[k][byte] = tables[k - 1][byte] >> 8 ^ tables[0][tables[k - 1][byte] & 0xffu];
    }
  }
  return tables;
}
constexpr auto crc_tables = make_crc_tables();

}  // namespace

uint32_t crc32c(std::span<const std::byte> bytes, uint32_t before) {
  uint32_t sum = ~before;
  size_t i = 0;
  for (; i + 8 <= bytes.size(); i += 8) {
    uint64_t word = 0;
    std::memcpy(&word, &bytes[i], 8);  // little-endian, as everything here
    word ^= sum;
    sum = 0;
    for (size_t k = 0; k < 8; ++k) sum ^= crc_tables[7 - k][word >> (8 * k) & 0xffu];
  }
  for (; i < bytes.size(); ++i) sum = sum >> 8 ^ crc_tables[0][(sum ^ static_cast<uint32_t>(bytes[i])) & 0xffu];
  return ~sum;
}

uint32_t crc32c_of_file(const std::filesystem::path& path) {
  std::error_code error;
  if (std::filesystem::file_size(path, error) == 0 && !error) return 0;
  return crc32c(MappedFile::open(path)->bytes());
}

}  // namespace diptych
