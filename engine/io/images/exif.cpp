#include "engine/io/images/exif.h"

#include <algorithm>
#include <cstdint>
#include <optional>
#include <utility>

#include "engine/io/files/utf8.h"

namespace diptych {
namespace {

constexpr uint16_t tag_image_description = 0x010E, tag_make = 0x010F, tag_model = 0x0110, tag_orientation = 0x0112,
                   tag_exif_folder = 0x8769, tag_user_comment = 0x9286;
constexpr uint16_t type_byte = 1, type_ascii = 2, type_short = 3, type_long = 4, type_undefined = 7;

// Entries may share their bytes, so a small block could stand for any number of large texts.
constexpr size_t most_texts = 16, longest_key = 64;

// Without zeros at the end, which fill fixed lengths up.
std::string byte_text(std::string_view bytes) {
  while (!bytes.empty() && bytes.back() == '\0') bytes.remove_suffix(1);
  return utf8_or_latin1(bytes);
}

// Programs do not agree on the byte order, but every prompt has ASCII in it, whose upper bytes are 0.
bool looks_big_endian(std::string_view bytes) {
  if (bytes.starts_with("\xFE\xFF")) return true;
  if (bytes.starts_with("\xFF\xFE")) return false;
  size_t zeros[2] = {0, 0};
  for (size_t i = 0; i < bytes.size(); ++i) zeros[i % 2] += bytes[i] == '\0';
  return zeros[0] >= zeros[1];
}

std::string utf16_text(std::string_view bytes) {
  const bool big = looks_big_endian(bytes);
  const auto unit = [&](size_t i) {
    const uint32_t first = static_cast<unsigned char>(bytes[2 * i]),
                   second = static_cast<unsigned char>(bytes[2 * i + 1]);
    return big ? first << 8 | second : second << 8 | first;
  };
  std::string text;
  const size_t units = bytes.size() / 2;
  for (size_t i = 0; i < units; ++i) {
    uint32_t c = unit(i);
    if (c >= 0xD800 && c < 0xE000) {
      const bool pair = c < 0xDC00 && i + 1 < units && unit(i + 1) >= 0xDC00 && unit(i + 1) < 0xE000;
      c = pair ? 0x10000 + ((c - 0xD800) << 10) + (unit(++i) - 0xDC00) : 0xFFFD;
    }
    if (c != 0 && c != 0xFEFF) append_code_point(text, c);
  }
  return text;
}

std::string comment_text(std::string_view bytes) {
  if (bytes.size() < 8) return byte_text(bytes);
  const std::string_view code = bytes.substr(0, 8), rest = bytes.substr(8);
  if (code == std::string_view("UNICODE\0", 8)) return utf16_text(rest);
  const bool named = code.starts_with("ASCII") || code == std::string_view("\0\0\0\0\0\0\0\0", 8);
  return byte_text(named ? rest : bytes);
}

class TiffReader {
 public:
  explicit TiffReader(std::string_view block) : block_(block), big_(block.starts_with("MM")) {}

  Exif read() {
    if (!block_.starts_with(std::string_view("MM\0*", 4)) && !block_.starts_with(std::string_view("II*\0", 4)))
      return {};
    if (const auto first = number(4, 4)) read_folder(*first, /*inner=*/false);
    return std::move(exif_);
  }

 private:
  std::optional<uint32_t> number(uint64_t at, int bytes) const {
    if (at + static_cast<uint64_t>(bytes) > block_.size()) return std::nullopt;
    uint32_t value = 0;
    for (int i = 0; i < bytes; ++i) {
      const int from = big_ ? i : bytes - 1 - i;
      value = value << 8 | static_cast<unsigned char>(block_[at + static_cast<uint64_t>(from)]);
    }
    return value;
  }

  void read_folder(uint64_t at, bool inner) {
    const auto count = number(at, 2);
    for (uint32_t i = 0; count && i < *count; ++i) {
      const uint64_t entry = at + 2 + uint64_t{12} * i;
      if (entry + 12 > block_.size()) return;
      read_entry(entry, inner);
    }
  }

  void read_entry(uint64_t entry, bool inner) {
    const uint32_t tag = *number(entry, 2), type = *number(entry + 2, 2), count = *number(entry + 4, 4);
    if (tag == tag_exif_folder && type == type_long && !inner && !std::exchange(inner_read_, true)) {
      return read_folder(*number(entry + 8, 4), true);
    }
    if (tag == tag_orientation && type == type_short) {
      const uint32_t value = *number(entry + 8, 2);
      if (value >= 1 && value <= 8) exif_.orientation = static_cast<int>(value);
    }
    if (type != type_byte && type != type_ascii && type != type_undefined) return;
    const uint64_t at = count <= 4 ? entry + 8 : *number(entry + 8, 4);
    if (at > block_.size() || count > block_.size() - at) return;
    const std::string_view bytes = block_.substr(at, count);
    if (tag == tag_user_comment && takes(parameters_key)) {
      exif_.texts.push_back({std::string(parameters_key), comment_text(bytes)});
    }
    if (tag == tag_image_description || tag == tag_make || tag == tag_model) add_named(bytes);
  }

  // The first text of a key counts.
  bool takes(std::string_view key) const {
    return exif_.texts.size() < most_texts && find_text(exif_.texts, key) == nullptr;
  }

  void add_named(std::string_view bytes) {
    const size_t colon = bytes.substr(0, longest_key).find(':');
    if (colon == bytes.npos || colon == 0) return;
    const std::string_view key = bytes.substr(0, colon);
    const bool letters = std::ranges::all_of(key, [](char c) { return (c >= 'a' && c <= 'z') || c == '_'; });
    if (letters && takes(key)) exif_.texts.push_back({std::string(key), byte_text(bytes.substr(colon + 1))});
  }

  std::string_view block_;
  bool big_;
  bool inner_read_ = false;
  Exif exif_;
};

void put_big(std::string& out, uint32_t value, int bytes) {
  for (int i = bytes - 1; i >= 0; --i) out += static_cast<char>(value >> (8 * i));
}

void put_entry(std::string& out, uint16_t tag, uint16_t type, uint32_t count, uint32_t value) {
  put_big(out, tag, 2);
  put_big(out, type, 2);
  put_big(out, count, 4);
  put_big(out, value, 4);
}

void put_utf16(std::string& out, std::string_view text) {
  for (size_t i = 0; i < text.size();) {
    const auto lead = static_cast<unsigned char>(text[i]);
    const size_t length = lead < 0x80 ? 1 : lead < 0xE0 ? 2 : lead < 0xF0 ? 3 : 4;
    uint32_t c = length == 1 ? lead : lead & (0xFFu >> (length + 1));
    for (size_t k = 1; k < length; ++k) c = c << 6 | (static_cast<unsigned char>(text[i + k]) & 0x3F);
    if (c >= 0x10000) {
      put_big(out, 0xD800 + ((c - 0x10000) >> 10), 2);
      c = 0xDC00 + ((c - 0x10000) & 0x3FF);
    }
    put_big(out, c, 2);
    i += length;
  }
}

}  // namespace

std::string write_exif(std::string_view user_comment) {
  std::string comment("UNICODE\0", 8);
  put_utf16(comment, utf8_or_latin1(user_comment));
  std::string block("MM\0*", 4);
  put_big(block, 8, 4);
  constexpr uint32_t folder_bytes = 2 + 12 + 4;
  put_big(block, 1, 2);  // the main folder: one entry, which points to the folder of EXIF
  put_entry(block, tag_exif_folder, type_long, 1, 8 + folder_bytes);
  put_big(block, 0, 4);
  put_big(block, 1, 2);
  put_entry(block, tag_user_comment, type_undefined, static_cast<uint32_t>(comment.size()), 8 + 2 * folder_bytes);
  put_big(block, 0, 4);
  return block + comment;
}

Exif read_exif(std::span<const std::byte> block) {
  std::string_view text(reinterpret_cast<const char*>(block.data()), block.size());
  constexpr std::string_view prefix("Exif\0\0", 6);
  if (text.starts_with(prefix)) text.remove_prefix(prefix.size());
  return TiffReader(text).read();
}

}  // namespace diptych
