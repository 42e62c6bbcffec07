#include "engine/train/runs/event_file.h"

#include <algorithm>
#include <bit>
#include <cstring>
#include <optional>
#include <system_error>
#include <vector>

#include "engine/io/files/crc32c.h"

namespace diptych::train {
namespace {

// Wire types of Protocol Buffers.
constexpr int varint_type = 0, fixed64_type = 1, bytes_type = 2, fixed32_type = 5;

template <typename T>
void put_fixed(std::string& out, T value) {
  out.append(reinterpret_cast<const char*>(&value), sizeof(value));  // little-endian
}

void put_varint(std::string& out, uint64_t value) {
  for (; value >= 0x80; value >>= 7) out.push_back(static_cast<char>(value | 0x80));
  out.push_back(static_cast<char>(value));
}

void put_key(std::string& out, int field, int type) {
  put_varint(out, static_cast<uint64_t>(field << 3 | type));
}

void put_bytes(std::string& out, int field, std::string_view bytes) {
  put_key(out, field, bytes_type);
  put_varint(out, bytes.size());
  out.append(bytes);
}

uint32_t masked_crc(std::string_view bytes) {
  const uint32_t sum = crc32c(std::as_bytes(std::span(bytes)));
  return std::rotr(sum, 15) + 0xa282ead8u;
}

std::string record_of(std::string_view event) {
  std::string record;
  put_fixed(record, static_cast<uint64_t>(event.size()));
  put_fixed(record, masked_crc(record));
  record.append(event);
  put_fixed(record, masked_crc(event));
  return record;
}

std::string event_start(double wall_time_s) {
  std::string event;
  put_key(event, 1, fixed64_type);
  put_fixed(event, wall_time_s);
  return event;
}

template <typename T>
T fixed_at(std::string_view bytes, size_t offset) {
  T value;
  std::memcpy(&value, bytes.data() + offset, sizeof(value));
  return value;
}

std::optional<uint64_t> take_varint(std::string_view& bytes) {
  uint64_t value = 0;
  for (int shift = 0; shift < 64; shift += 7) {
    if (bytes.empty()) return std::nullopt;
    const auto byte = static_cast<uint8_t>(bytes.front());
    bytes.remove_prefix(1);
    value |= static_cast<uint64_t>(byte & 0x7fu) << shift;
    if (byte < 0x80) return value;
  }
  return std::nullopt;
}

// The step of an event: 0 where it has none.
int64_t step_of_event(std::string_view event) {
  while (!event.empty()) {
    const auto key = take_varint(event);
    if (!key) return 0;
    const auto type = static_cast<int>(*key & 7);
    size_t length = type == fixed64_type ? 8 : type == fixed32_type ? 4 : 0;
    if (type == varint_type || type == bytes_type) {
      const auto value = take_varint(event);
      if (!value) return 0;
      if (*key >> 3 == 2) return static_cast<int64_t>(*value);
      if (type == bytes_type) length = *value;
    }
    event.remove_prefix(std::min(length, event.size()));
  }
  return 0;
}

}  // namespace

std::string event_record(double wall_time_s, int64_t step, std::span<const ScalarValue> values) {
  std::string summary;
  for (const auto& [tag, value] : values) {
    std::string one;
    put_bytes(one, 1, tag);
    put_key(one, 2, fixed32_type);
    put_fixed(one, static_cast<float>(value));
    put_bytes(summary, 1, one);
  }
  std::string event = event_start(wall_time_s);
  put_key(event, 2, varint_type);
  put_varint(event, static_cast<uint64_t>(step));
  put_bytes(event, 5, summary);
  return record_of(event);
}

std::string version_record(double wall_time_s) {
  std::string event = event_start(wall_time_s);
  put_bytes(event, 3, "brain.Event:2");
  return record_of(event);
}

std::string records_until(std::string_view file, int64_t last_step) {
  constexpr size_t head = 12, tail = 4;
  std::string kept;
  while (file.size() >= head + tail) {
    const auto length = fixed_at<uint64_t>(file, 0);
    if (fixed_at<uint32_t>(file, 8) != masked_crc(file.substr(0, 8)) || length > file.size() - head - tail) break;
    const std::string_view event = file.substr(head, length);
    if (fixed_at<uint32_t>(file, head + length) != masked_crc(event)) break;
    if (step_of_event(event) <= last_step) kept.append(file.substr(0, head + length + tail));
    file.remove_prefix(head + length + tail);
  }
  return kept;
}

std::filesystem::path find_event_file(const std::filesystem::path& folder, double wall_time_s) {
  const std::string prefix = "events.out.tfevents.";
  std::vector<std::filesystem::path> found;
  std::error_code error;
  for (const auto& entry : std::filesystem::directory_iterator(folder, error)) {
    const std::string name = entry.path().filename().string();
    if (name.starts_with(prefix) && name.ends_with(".diptych")) found.push_back(entry.path());
  }
  if (!found.empty()) return *std::ranges::max_element(found);
  return folder / (prefix + std::to_string(static_cast<int64_t>(wall_time_s)) + ".diptych");
}

}  // namespace diptych::train
