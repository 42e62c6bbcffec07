#include "engine/io/formats/gguf_metadata.h"

#include <limits>
#include <type_traits>
#include <utility>

#include "engine/io/files/utf8.h"

namespace diptych {
namespace {

constexpr const char* metadata_action = "cannot read GGUF file";
constexpr int max_array_depth = 8;
constexpr uint64_t max_key_bytes = 65535;  // of the specification

GgufType read_type(ByteReader& reader) {
  const uint64_t at = reader.offset();
  const auto number = reader.read<uint32_t>("a metadata type");
  if (number > static_cast<uint32_t>(GgufType::f64)) {
    reader.fail(at, "there is no metadata type " + std::to_string(number));
  }
  return static_cast<GgufType>(number);
}

void skip_values(ByteReader& reader, std::span<const std::byte> all, GgufType type, uint64_t count, int depth);

GgufValue read_array(ByteReader& reader, std::span<const std::byte> all, int depth) {
  const GgufType element = read_type(reader);
  const uint64_t at = reader.offset();
  const auto count = reader.read<uint64_t>("the length of an array");
  const uint64_t fixed = gguf_type_bytes(element);
  reader.check_count(count, fixed != 0 ? fixed : element == GgufType::string ? 8 : 12, at, "the length of an array");
  const uint64_t begin = reader.offset();
  skip_values(reader, all, element, count, depth + 1);
  return {GgufType::array, element, count, all.subspan(begin, reader.offset() - begin), begin};
}

void skip_values(ByteReader& reader, std::span<const std::byte> all, GgufType type, uint64_t count, int depth) {
  if (depth > max_array_depth) reader.fail(reader.offset(), "arrays are nested too deeply");
  if (const uint64_t fixed = gguf_type_bytes(type); fixed != 0) {
    const uint64_t at = reader.offset();
    const auto bytes = reader.take(count * fixed, "a metadata value");
    if (type != GgufType::boolean) return;
    for (size_t i = 0; i < bytes.size(); ++i) {
      if (std::to_integer<int>(bytes[i]) > 1) reader.fail(at + i, "a boolean is neither 0 nor 1");
    }
    return;
  }
  for (uint64_t i = 0; i < count; ++i) {
    if (type == GgufType::string) {
      reader.string("a metadata string");
    } else {
      read_array(reader, all, depth);
    }
  }
}

std::optional<int64_t> as_integer(ByteReader& reader, GgufType type) {
  switch (type) {
    case GgufType::u8:
    case GgufType::boolean:
      return reader.read<uint8_t>("a value");
    case GgufType::i8:
      return reader.read<int8_t>("a value");
    case GgufType::u16:
      return reader.read<uint16_t>("a value");
    case GgufType::i16:
      return reader.read<int16_t>("a value");
    case GgufType::u32:
      return reader.read<uint32_t>("a value");
    case GgufType::i32:
      return reader.read<int32_t>("a value");
    case GgufType::i64:
      return reader.read<int64_t>("a value");
    case GgufType::u64: {
      const auto value = reader.read<uint64_t>("a value");
      if (value > static_cast<uint64_t>(std::numeric_limits<int64_t>::max())) return std::nullopt;
      return static_cast<int64_t>(value);
    }
    default:
      return std::nullopt;
  }
}

std::optional<float> as_float(ByteReader& reader, GgufType type) {
  if (type == GgufType::f32) return reader.read<float>("a value");
  if (type == GgufType::f64) return static_cast<float>(reader.read<double>("a value"));
  if (type == GgufType::boolean) return std::nullopt;
  const auto integer = as_integer(reader, type);
  if (!integer) return std::nullopt;
  return static_cast<float>(*integer);
}

}  // namespace

GgufMetadata GgufMetadata::read(ByteReader& reader, uint64_t count, std::shared_ptr<const MappedFile> file) {
  GgufMetadata metadata;
  metadata.file_ = std::move(file);
  const auto all = metadata.file_->bytes();
  for (uint64_t i = 0; i < count; ++i) {
    const uint64_t key_at = reader.offset();
    const std::string_view key = reader.string("a metadata key");
    if (key.empty() || key.size() > max_key_bytes) reader.fail(key_at, "a metadata key is empty or too long");
    if (!is_utf8(key)) reader.fail(key_at, "a metadata key is not UTF-8");
    const GgufType type = read_type(reader);
    GgufValue value{type, type, 1, {}, reader.offset()};
    if (type == GgufType::array) {
      value = read_array(reader, all, 0);
    } else {
      skip_values(reader, all, type, 1, 0);
      value.data = all.subspan(value.offset, reader.offset() - value.offset);
    }
    if (!metadata.values_.emplace(std::string(key), value).second) {
      reader.fail(key_at, "the metadata key " + std::string(key) + " appears twice");
    }
  }
  return metadata;
}

const GgufValue* GgufMetadata::value(std::string_view key) const {
  const auto found = values_.find(key);
  return found == values_.end() ? nullptr : &found->second;
}

ByteReader GgufMetadata::elements(const GgufValue& value) const {
  return {file_->bytes(), file_->path(), metadata_action, value.offset};
}

void GgufMetadata::fail(std::string_view key, const GgufValue& value, std::string_view wanted) const {
  const std::string type = value.type == GgufType::array ? "array of " + std::string(gguf_type_name(value.element))
                                                         : std::string(gguf_type_name(value.type));
  elements(value).fail(value.offset, "the metadata key " + std::string(key) + " holds " + type + " where " +
                                         std::string(wanted) + " is needed");
}

std::optional<std::string_view> GgufMetadata::get_string(std::string_view key) const {
  const GgufValue* found = value(key);
  if (found == nullptr) return std::nullopt;
  if (found->type != GgufType::string) fail(key, *found, "a string");
  return elements(*found).string("a string");
}

std::optional<int64_t> GgufMetadata::get_i64(std::string_view key) const {
  const GgufValue* found = value(key);
  if (found == nullptr) return std::nullopt;
  ByteReader reader = elements(*found);
  const auto integer = found->type == GgufType::boolean ? std::nullopt : as_integer(reader, found->type);
  if (!integer) fail(key, *found, "a signed 64-bit integer");
  return integer;
}

std::optional<uint32_t> GgufMetadata::get_u32(std::string_view key) const {
  const auto integer = get_i64(key);
  if (!integer) return std::nullopt;
  if (!std::in_range<uint32_t>(*integer)) fail(key, *value(key), "an unsigned 32-bit integer");
  return static_cast<uint32_t>(*integer);
}

std::optional<float> GgufMetadata::get_f32(std::string_view key) const {
  const GgufValue* found = value(key);
  if (found == nullptr) return std::nullopt;
  ByteReader reader = elements(*found);
  const auto number = as_float(reader, found->type);
  if (!number) fail(key, *found, "a number");
  return number;
}

std::optional<bool> GgufMetadata::get_bool(std::string_view key) const {
  const GgufValue* found = value(key);
  if (found == nullptr) return std::nullopt;
  if (found->type != GgufType::boolean) fail(key, *found, "a boolean");
  return std::to_integer<int>(found->data[0]) != 0;
}

std::optional<std::vector<std::string_view>> GgufMetadata::get_strings(std::string_view key) const {
  const GgufValue* found = value(key);
  if (found == nullptr) return std::nullopt;
  if (found->element != GgufType::string) fail(key, *found, "an array of strings");
  std::vector<std::string_view> strings;
  strings.reserve(found->count);
  ByteReader reader = elements(*found);
  for (uint64_t i = 0; i < found->count; ++i) strings.push_back(reader.string("a string"));
  return strings;
}

std::optional<std::vector<float>> GgufMetadata::get_f32s(std::string_view key) const {
  const GgufValue* found = value(key);
  if (found == nullptr) return std::nullopt;
  std::vector<float> numbers;
  numbers.reserve(gguf_type_bytes(found->element) != 0 ? found->count : 0);
  ByteReader reader = elements(*found);
  for (uint64_t i = 0; i < found->count; ++i) {
    const auto number = as_float(reader, found->element);
    if (!number) fail(key, *found, "an array of numbers");
    numbers.push_back(*number);
  }
  return numbers;
}

std::optional<std::vector<int64_t>> GgufMetadata::get_i64s(std::string_view key) const {
  const GgufValue* found = value(key);
  if (found == nullptr) return std::nullopt;
  std::vector<int64_t> integers;
  integers.reserve(gguf_type_bytes(found->element) != 0 ? found->count : 0);
  ByteReader reader = elements(*found);
  for (uint64_t i = 0; i < found->count; ++i) {
    const auto integer = as_integer(reader, found->element);
    if (!integer) fail(key, *found, "an array of integers");
    integers.push_back(*integer);
  }
  return integers;
}

std::optional<std::vector<GgufValue>> GgufMetadata::get_arrays(std::string_view key) const {
  const GgufValue* found = value(key);
  if (found == nullptr) return std::nullopt;
  if (found->element != GgufType::array) fail(key, *found, "an array of arrays");
  std::vector<GgufValue> arrays;
  ByteReader reader = elements(*found);
  for (uint64_t i = 0; i < found->count; ++i) arrays.push_back(read_array(reader, file_->bytes(), 0));
  return arrays;
}

}  // namespace diptych
