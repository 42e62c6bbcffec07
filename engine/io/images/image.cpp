#include "engine/io/images/image.h"

#include <cassert>

#include "engine/core/error.h"
#include "engine/io/files/ascii.h"
#include "engine/io/files/atomic_file.h"
#include "engine/io/files/mapped_file.h"
#include "engine/io/images/exif.h"
#include "engine/io/images/image_checks.h"
#include "engine/io/images/image_jpeg.h"
#include "engine/io/images/image_orientation.h"
#include "engine/io/images/image_png.h"
#include "engine/io/images/image_webp.h"
#include "engine/io/images/xmp.h"

namespace diptych {
namespace {

std::string_view text_of(std::span<const std::byte> bytes) {
  return {reinterpret_cast<const char*>(bytes.data()), bytes.size()};
}

// EXIF's texts, the packet of XMP and the recipe in it.
ImageTexts metadata_texts(Exif exif, std::string_view packet) {
  ImageTexts texts = std::move(exif.texts);
  if (packet.empty()) return texts;
  texts.push_back({std::string(xmp_key), std::string(packet)});
  if (auto recipe = recipe_of_xmp(packet)) texts.push_back({std::string(recipe_key), std::move(*recipe)});
  return texts;
}

struct ImageBlocks {
  Exif exif;
  std::string xmp;
};

ImageBlocks read_blocks(std::span<const std::byte> bytes, ImageFormat format, const std::string& name) {
  if (format == ImageFormat::jpeg) {
    const JpegSegments segments = jpeg_segments(bytes, name);
    return {read_exif(segments.exif), std::string(text_of(segments.xmp))};
  }
  const WebpChunks chunks = webp_chunks(bytes, name);
  return {read_exif(std::as_bytes(std::span(chunks.exif))), chunks.xmp};
}

}  // namespace

const std::string* find_text(const ImageTexts& texts, std::string_view key) {
  for (const ImageText& entry : texts)
    if (entry.key == key) return &entry.text;
  return nullptr;
}

ImageFormat image_format(std::span<const std::byte> bytes, const std::string& name) {
  const std::string_view text = text_of(bytes);
  if (text.starts_with("\x89PNG\r\n\x1A\n")) return ImageFormat::png;
  if (text.starts_with("\xFF\xD8\xFF")) return ImageFormat::jpeg;
  if (text.starts_with("RIFF") && text.size() >= 12 && text.substr(8, 4) == "WEBP") return ImageFormat::webp;
  throw Error(ErrorCategory::unsupported, "cannot read picture", name, "it is no PNG, JPEG or WebP",
              "convert it to one of these");
}

ImageFormat image_format_of_name(const std::filesystem::path& path) {
  const std::string ending = ascii_lower(path.extension().string());
  if (ending == ".png") return ImageFormat::png;
  if (ending == ".jpg" || ending == ".jpeg") return ImageFormat::jpeg;
  if (ending == ".webp") return ImageFormat::webp;
  throw Error(ErrorCategory::invalid_argument, "cannot write picture", path.string(), "its name tells no format",
              "let it end in .png, .jpg or .webp");
}

ImageFile parse_image(std::span<const std::byte> bytes, const std::string& name, int64_t most_pixels) {
  ImageFile file;
  file.format = image_format(bytes, name);
  if (file.format == ImageFormat::png) {
    file.image = decode_png(bytes, name, most_pixels);
    file.texts = png_texts(bytes, name);
    return file;
  }
  ImageBlocks blocks = read_blocks(bytes, file.format, name);
  file.image =
      file.format == ImageFormat::jpeg ? decode_jpeg(bytes, name, most_pixels) : decode_webp(bytes, name, most_pixels);
  turn_upright(file.image, blocks.exif.orientation);
  file.texts = metadata_texts(std::move(blocks.exif), blocks.xmp);
  return file;
}

ImageFile read_image(const std::filesystem::path& path) {
  const auto file = MappedFile::open(path);
  return parse_image(file->bytes(), path.string());
}

ImageTexts parse_image_texts(std::span<const std::byte> bytes, const std::string& name) {
  const ImageFormat format = image_format(bytes, name);
  if (format == ImageFormat::png) return png_texts(bytes, name);
  ImageBlocks blocks = read_blocks(bytes, format, name);
  return metadata_texts(std::move(blocks.exif), blocks.xmp);
}

ImageTexts read_image_texts(const std::filesystem::path& path) {
  const auto file = MappedFile::open(path);
  return parse_image_texts(file->bytes(), path.string());
}

std::string encode_image(const Image8& image, ImageFormat format, const ImageMetadata& metadata,
                         const ImageWriteOptions& options) {
  assert(image.channels == 1 || image.channels == 3 || image.channels == 4);
  assert(image.width > 0 && image.height > 0);
  assert(image.pixels.size() == static_cast<size_t>(image.width * image.height * image.channels));
  assert(options.quality >= 1 && options.quality <= 100);
  const std::string xmp = write_xmp(metadata, /*with_recipe=*/format != ImageFormat::png);
  if (format == ImageFormat::png) {
    ImageTexts texts;
    if (!metadata.parameters.empty()) texts.push_back({std::string(parameters_key), metadata.parameters});
    if (!metadata.recipe.empty()) texts.push_back({std::string(recipe_key), metadata.recipe});
    if (!xmp.empty()) texts.push_back({std::string(xmp_key), xmp});
    return encode_png(image, texts);
  }
  const std::string exif = metadata.parameters.empty() ? "" : write_exif(metadata.parameters);
  if (format == ImageFormat::jpeg) return encode_jpeg(image, exif, xmp, options.quality);
  if (image.channels != 1) return encode_webp(image, exif, xmp, options);
  Image8 color{image.width, image.height, 3, {}};  // WebP knows no grey
  for (const uint8_t value : image.pixels) color.pixels.insert(color.pixels.end(), 3, value);
  return encode_webp(color, exif, xmp, options);
}

void write_image(const std::filesystem::path& path, const Image8& image, const ImageMetadata& metadata,
                 const ImageWriteOptions& options) {
  const std::string bytes = encode_image(image, image_format_of_name(path), metadata, options);
  AtomicFile file(path);
  file.write(bytes);
  file.commit();
}

}  // namespace diptych
