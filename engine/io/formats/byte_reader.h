// Reads little-endian fields in sequence from untrusted bytes; every read is checked and an error names the offset.
#pragma once

#include <bit>
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <span>
#include <string>
#include <string_view>

namespace diptych {

static_assert(std::endian::native == std::endian::little, "files are little-endian and read without swapping");

class ByteReader {
 public:
  // `what` starts the message ("cannot read GGUF file"); both must outlive the reader.
  ByteReader(std::span<const std::byte> bytes, const std::string& path, const char* what, uint64_t offset = 0)
      : bytes_(bytes), path_(path), what_(what), offset_(offset) {}

  uint64_t offset() const { return offset_; }
  uint64_t remaining() const { return bytes_.size() - offset_; }

  // `field` names what is read, for the message.
  template <typename T>
  T read(const char* field) {
    T value;
    std::memcpy(&value, take(sizeof(T), field).data(), sizeof(T));
    return value;
  }
  std::span<const std::byte> take(uint64_t count, const char* field) {
    if (count > remaining()) fail_short(count, field);
    const auto taken = bytes_.subspan(offset_, count);
    offset_ += count;
    return taken;
  }
  // A 64-bit length and that many bytes.
  std::string_view string(const char* field) {
    const auto length = read<uint64_t>(field);
    const auto bytes = take(length, field);
    return {reinterpret_cast<const char*>(bytes.data()), bytes.size()};
  }
  // Refuses a count that the rest of the file cannot hold, before anybody allocates for it.
  void check_count(uint64_t count, uint64_t bytes_each, uint64_t at, const char* field) const {
    if (count > remaining() / bytes_each) fail_count(count, at, field);
  }

  [[noreturn]] void fail(uint64_t at, const std::string& why) const;  // Error (invalid_file)

 private:
  [[noreturn]] void fail_short(uint64_t count, const char* field) const;
  [[noreturn]] void fail_count(uint64_t count, uint64_t at, const char* field) const;

  std::span<const std::byte> bytes_;
  const std::string& path_;
  const char* what_;
  uint64_t offset_;
};

}  // namespace diptych
