// The key-value part of a GGUF file, read on demand from the mapping; nothing is copied until it is asked for.
#pragma once

#include <cstdint>
#include <map>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "engine/io/files/mapped_file.h"
#include "engine/io/formats/byte_reader.h"
#include "engine/io/formats/gguf_types.h"

namespace diptych {

// One value, checked to lie inside the file. For an array, `element` and `count` describe `data`.
struct GgufValue {
  GgufType type;
  GgufType element;
  uint64_t count;
  std::span<const std::byte> data;
  uint64_t offset;  // of `data` in the file
};

class GgufMetadata {
 public:
  // A getter answers nothing for a missing key, and throws Error (invalid_file) for a value of another kind, one that
  // does not fit included. Any integer type serves as an integer; an integer serves as a float.
  bool contains(std::string_view key) const { return values_.find(key) != values_.end(); }
  std::optional<std::string_view> get_string(std::string_view key) const;
  std::optional<uint32_t> get_u32(std::string_view key) const;
  std::optional<int64_t> get_i64(std::string_view key) const;
  std::optional<float> get_f32(std::string_view key) const;
  std::optional<bool> get_bool(std::string_view key) const;

  // Arrays; a scalar is an array of one. get_i64s takes booleans too.
  std::optional<std::vector<std::string_view>> get_strings(std::string_view key) const;
  std::optional<std::vector<float>> get_f32s(std::string_view key) const;
  std::optional<std::vector<int64_t>> get_i64s(std::string_view key) const;
  // The elements of an array of arrays.
  std::optional<std::vector<GgufValue>> get_arrays(std::string_view key) const;

  const std::map<std::string, GgufValue, std::less<>>& values() const { return values_; }

  // Reads `count` pairs. Error (invalid_file).
  static GgufMetadata read(ByteReader& reader, uint64_t count, std::shared_ptr<const MappedFile> file);

 private:
  const GgufValue* value(std::string_view key) const;
  [[noreturn]] void fail(std::string_view key, const GgufValue& value, std::string_view wanted) const;
  ByteReader elements(const GgufValue& value) const;

  std::map<std::string, GgufValue, std::less<>> values_;
  std::shared_ptr<const MappedFile> file_;
};

}  // namespace diptych
