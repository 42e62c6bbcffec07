// PNG's text chunks: tEXt (Latin-1), zTXt (the same, deflated), iTXt (UTF-8, perhaps deflated), and EXIF's texts.
#include <zlib.h>

#include <optional>

#include "engine/io/files/utf8.h"
#include "engine/io/images/exif.h"
#include "engine/io/images/image_checks.h"
#include "engine/io/images/image_png.h"
#include "engine/io/images/xmp.h"

namespace diptych {
namespace {

constexpr size_t most_inflated_bytes = 64u << 20;
constexpr size_t most_texts = 256;  // each is compared with those before it

// None where the data are damaged or too large.
std::optional<std::string> inflate_text(std::string_view deflated, size_t limit) {
  z_stream stream{};
  if (inflateInit(&stream) != Z_OK) return std::nullopt;
  const ImageCleanup cleanup([&] { inflateEnd(&stream); });
  stream.next_in = reinterpret_cast<Bytef*>(const_cast<char*>(deflated.data()));
  stream.avail_in = static_cast<uInt>(deflated.size());
  std::string text;
  for (int status = Z_OK; status != Z_STREAM_END;) {
    char buffer[16384];
    stream.next_out = reinterpret_cast<Bytef*>(buffer);
    stream.avail_out = sizeof buffer;
    status = inflate(&stream, Z_NO_FLUSH);
    if (status != Z_OK && status != Z_STREAM_END) return std::nullopt;
    text.append(buffer, sizeof buffer - stream.avail_out);
    if (text.size() > limit) return std::nullopt;
  }
  return text;
}

class PngTextReader {
 public:
  void add(std::string_view type, std::string_view data) {
    if (type == "eXIf") {
      for (ImageText& text : read_exif(std::as_bytes(std::span(data))).texts) keep(exif_, std::move(text));
      return;
    }
    const size_t end = data.find('\0');
    if (end == data.npos || end == 0 || end > 79) return;
    const std::string key = utf8_or_latin1(data.substr(0, end));
    data.remove_prefix(end + 1);
    if (type == "tEXt") keep(key, utf8_or_latin1(data));
    if (type == "zTXt" && data.starts_with('\0')) {
      if (const auto text = inflated(data.substr(1))) keep(key, utf8_or_latin1(*text));
    }
    if (type == "iTXt") add_international(key, data);
  }

  // A text chunk goes before the same text in EXIF.
  ImageTexts take() {
    for (ImageText& text : exif_) keep(texts_, std::move(text));
    const std::string* packet = find_text(texts_, xmp_key);
    if (packet != nullptr && find_text(texts_, recipe_key) == nullptr) {
      if (auto recipe = recipe_of_xmp(*packet)) texts_.push_back({std::string(recipe_key), std::move(*recipe)});
    }
    return std::move(texts_);
  }

 private:
  // Behind the keyword: compressed or not, method, language, translated keyword, text.
  void add_international(const std::string& key, std::string_view data) {
    if (data.size() < 2) return;
    const bool compressed = data[0] == 1;
    data.remove_prefix(2);
    for (int field = 0; field < 2; ++field) {
      const size_t end = data.find('\0');
      if (end == data.npos) return;
      data.remove_prefix(end + 1);
    }
    if (!compressed) return keep(key, utf8_or_latin1(data));
    if (const auto text = inflated(data)) keep(key, utf8_or_latin1(*text));
  }

  std::optional<std::string> inflated(std::string_view data) {
    auto text = inflate_text(data, most_inflated_bytes - inflated_bytes_);
    if (text) inflated_bytes_ += text->size();
    return text;
  }

  static void keep(ImageTexts& texts, ImageText text) {
    if (texts.size() < most_texts && find_text(texts, text.key) == nullptr) texts.push_back(std::move(text));
  }
  void keep(const std::string& key, std::string text) { keep(texts_, {key, std::move(text)}); }

  ImageTexts texts_, exif_;
  size_t inflated_bytes_ = 0;
};

uint32_t big_endian(std::string_view bytes) {
  uint32_t value = 0;
  for (const char c : bytes.substr(0, 4)) value = value << 8 | static_cast<unsigned char>(c);
  return value;
}

}  // namespace

ImageTexts png_texts(std::span<const std::byte> bytes, const std::string& name) {
  std::string_view rest(reinterpret_cast<const char*>(bytes.data()), bytes.size());
  rest.remove_prefix(8);  // signature
  PngTextReader reader;
  for (;;) {
    if (rest.size() < 12) refuse_image(name, "the file ends too early");
    const uint32_t length = big_endian(rest);
    const std::string_view type = rest.substr(4, 4);
    if (length > rest.size() - 12) refuse_image(name, "the file ends too early");
    if (type == "IEND") return reader.take();
    if (type == "tEXt" || type == "zTXt" || type == "iTXt" || type == "eXIf") reader.add(type, rest.substr(8, length));
    rest.remove_prefix(12 + size_t{length});
  }
}

}  // namespace diptych
