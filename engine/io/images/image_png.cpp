#include "engine/io/images/image_png.h"

#include <png.h>

#include <algorithm>
#include <csetjmp>
#include <cstring>

#include "engine/io/images/image_checks.h"

namespace diptych {
namespace {

struct PngInput {
  std::span<const std::byte> rest;
  std::string problem;
};

[[noreturn]] void on_png_error(png_structp png, png_const_charp message) {
  static_cast<PngInput*>(png_get_error_ptr(png))->problem = message;
  png_longjmp(png, 1);
}

void on_png_warning(png_structp, png_const_charp) {}

void read_png_bytes(png_structp png, png_bytep target, size_t count) {
  auto& input = *static_cast<PngInput*>(png_get_io_ptr(png));
  if (count > input.rest.size()) png_error(png, "the file ends too early");
  std::memcpy(target, input.rest.data(), count);
  input.rest = input.rest.subspan(count);
}

void write_png_bytes(png_structp png, png_bytep source, size_t count) {
  static_cast<std::string*>(png_get_io_ptr(png))->append(reinterpret_cast<const char*>(source), count);
}

void skip_png_texts(png_structp png) {
  static const png_byte names[] = "tEXt\0zTXt\0iTXt\0eXIf\0iCCP";
  png_set_keep_unknown_chunks(png, PNG_HANDLE_CHUNK_NEVER, names, 5);
}

// 8 bits in 1, 3 or 4 channels.
void unify_png_pixels(png_structp png, png_infop info) {
  const int color = png_get_color_type(png, info);
  png_set_expand(png);
  png_set_scale_16(png);
  const bool alpha = (color & PNG_COLOR_MASK_ALPHA) != 0 || png_get_valid(png, info, PNG_INFO_tRNS) != 0;
  if (alpha && (color & PNG_COLOR_MASK_COLOR) == 0) png_set_gray_to_rgb(png);
  png_set_interlace_handling(png);
  png_read_update_info(png, info);
}

// No object with a destructor may live in here: libpng leaves it by longjmp.
bool decode_png_into(png_structp png, png_infop info, Image8& image, std::vector<png_bytep>& rows, PngInput& input,
                     const std::string& name, int64_t most_pixels) {
  if (setjmp(png_jmpbuf(png)) != 0) return false;
  png_set_read_fn(png, &input, read_png_bytes);
  png_set_user_limits(png, 0x7FFFFFFF, 0x7FFFFFFF);
  skip_png_texts(png);
  png_read_info(png, info);
  image.width = png_get_image_width(png, info);
  image.height = png_get_image_height(png, info);
  check_image_size(image.width, image.height, most_pixels, name);
  unify_png_pixels(png, info);
  image.channels = png_get_channels(png, info);
  const size_t row_bytes = png_get_rowbytes(png, info);
  // Deflate makes at most 1032 bytes of one, and a stored pixel has at least a bit.
  check_image_fill(static_cast<double>(input.rest.size()) * 1032 * 8, image, name);
  image.pixels.resize(row_bytes * static_cast<size_t>(image.height));
  rows.resize(static_cast<size_t>(image.height));
  for (size_t i = 0; i < rows.size(); ++i) rows[i] = image.pixels.data() + i * row_bytes;
  png_read_image(png, rows.data());
  png_read_end(png, nullptr);
  return true;
}

bool encode_png_into(png_structp png, png_infop info, const Image8& image, std::vector<png_text>& texts,
                     std::string& out) {
  if (setjmp(png_jmpbuf(png)) != 0) return false;
  png_set_write_fn(png, &out, write_png_bytes, nullptr);
  const int color = image.channels == 1   ? PNG_COLOR_TYPE_GRAY
                    : image.channels == 3 ? PNG_COLOR_TYPE_RGB
                                          : PNG_COLOR_TYPE_RGB_ALPHA;
  png_set_IHDR(png, info, static_cast<png_uint_32>(image.width), static_cast<png_uint_32>(image.height), 8, color,
               PNG_INTERLACE_NONE, PNG_COMPRESSION_TYPE_DEFAULT, PNG_FILTER_TYPE_DEFAULT);
  if (!texts.empty()) png_set_text(png, info, texts.data(), static_cast<int>(texts.size()));
  png_write_info(png, info);
  const size_t row_bytes = static_cast<size_t>(image.width) * static_cast<size_t>(image.channels);
  for (int64_t row = 0; row < image.height; ++row)
    png_write_row(png, image.pixels.data() + static_cast<size_t>(row) * row_bytes);
  png_write_end(png, nullptr);
  return true;
}

png_text png_text_of(ImageText& entry) {
  const bool ascii = std::ranges::all_of(entry.text, [](char c) { return static_cast<unsigned char>(c) < 0x80; });
  png_text chunk{};
  chunk.compression = ascii && entry.key != xmp_key ? PNG_TEXT_COMPRESSION_NONE : PNG_ITXT_COMPRESSION_NONE;
  chunk.key = entry.key.data();
  chunk.text = entry.text.data();
  chunk.text_length = chunk.compression == PNG_TEXT_COMPRESSION_NONE ? entry.text.size() : 0;
  chunk.itxt_length = chunk.compression == PNG_TEXT_COMPRESSION_NONE ? 0 : entry.text.size();
  return chunk;
}

}  // namespace

Image8 decode_png(std::span<const std::byte> bytes, const std::string& name, int64_t most_pixels) {
  PngInput input{bytes, {}};
  Image8 image;
  std::vector<png_bytep> rows;
  png_structp png = png_create_read_struct(PNG_LIBPNG_VER_STRING, &input, on_png_error, on_png_warning);
  png_infop info = png == nullptr ? nullptr : png_create_info_struct(png);
  const ImageCleanup cleanup([&] { png_destroy_read_struct(&png, &info, nullptr); });
  if (info == nullptr) refuse_image(name, "libpng has no memory");
  if (!decode_png_into(png, info, image, rows, input, name, most_pixels)) refuse_image(name, input.problem);
  return image;
}

std::string encode_png(const Image8& image, const ImageTexts& texts) {
  PngInput problem;
  std::string out;
  ImageTexts kept = texts;  // libpng wants them writable
  std::vector<png_text> chunks;
  for (ImageText& entry : kept) chunks.push_back(png_text_of(entry));
  png_structp png = png_create_write_struct(PNG_LIBPNG_VER_STRING, &problem, on_png_error, on_png_warning);
  png_infop info = png == nullptr ? nullptr : png_create_info_struct(png);
  const ImageCleanup cleanup([&] { png_destroy_write_struct(&png, &info); });
  if (info == nullptr) refuse_to_write("PNG", "libpng has no memory");
  if (!encode_png_into(png, info, image, chunks, out)) refuse_to_write("PNG", problem.problem);
  return out;
}

}  // namespace diptych
