#include "engine/io/images/image_jpeg.h"

#include <csetjmp>
#include <cstdio>
#include <cstdlib>

// Behind <cstdio>, whose FILE it uses.
// clang-format off
#include <jpeglib.h>
// clang-format on

#include "engine/io/images/image_checks.h"

namespace diptych {
namespace {

constexpr size_t most_segment_bytes = 65533;
constexpr int most_scans = 200;  // progressive files of many scans take time without end

struct JpegErrors {
  jpeg_error_mgr base;
  jmp_buf leave;
  char problem[JMSG_LENGTH_MAX];
};

void on_jpeg_error(j_common_ptr info) {
  auto* errors = reinterpret_cast<JpegErrors*>(info->err);
  errors->base.format_message(info, errors->problem);
  std::longjmp(errors->leave, 1);
}

// libjpeg makes the rest of a truncated picture up and only warns (level -1); other warnings are harmless.
void on_jpeg_message(j_common_ptr info, int level) {
  if (level >= 0) return;
  ++info->err->num_warnings;
  char text[JMSG_LENGTH_MAX];
  info->err->format_message(info, text);
  if (std::string_view(text).find("remature end") != std::string_view::npos) on_jpeg_error(info);
}

void on_jpeg_progress(j_common_ptr info) {
  if (!info->is_decompressor) return;
  auto* decoder = reinterpret_cast<j_decompress_ptr>(info);
  if (decoder->input_scan_number > most_scans) {
    auto* errors = reinterpret_cast<JpegErrors*>(info->err);
    std::snprintf(errors->problem, sizeof errors->problem, "it has more than %d scans", most_scans);
    std::longjmp(errors->leave, 1);
  }
}

void use_errors(JpegErrors& errors) {
  jpeg_std_error(&errors.base);
  errors.base.error_exit = on_jpeg_error;
  errors.base.emit_message = on_jpeg_message;
  errors.problem[0] = '\0';
}

// Adobe's programs write CMYK inverted, and they alone write it.
void cmyk_to_rgb(Image8& image) {
  const size_t pixels = image.pixels.size() / 4;
  for (size_t i = 0; i < pixels; ++i) {
    const unsigned black = image.pixels[4 * i + 3];
    for (size_t c = 0; c < 3; ++c)
      image.pixels[3 * i + c] = static_cast<uint8_t>((image.pixels[4 * i + c] * black + 127) / 255);
  }
  image.pixels.resize(pixels * 3);
  image.channels = 3;
}

// No object with a destructor may live in here: libjpeg leaves it by longjmp.
bool decode_jpeg_into(jpeg_decompress_struct& decoder, JpegErrors& errors, std::span<const std::byte> bytes,
                      Image8& image, const std::string& name, int64_t most_pixels) {
  if (setjmp(errors.leave) != 0) return false;
  jpeg_mem_src(&decoder, reinterpret_cast<const unsigned char*>(bytes.data()), bytes.size());
  jpeg_read_header(&decoder, TRUE);
  image.width = decoder.image_width;
  image.height = decoder.image_height;
  check_image_size(image.width, image.height, most_pixels, name);
  // A block of 64 pixels has at least one bit, with arithmetic coding perhaps a hundredth of it.
  check_image_fill(static_cast<double>(bytes.size()) * 8 * 64 * 100, image, name);
  const bool four = decoder.jpeg_color_space == JCS_CMYK || decoder.jpeg_color_space == JCS_YCCK;
  decoder.out_color_space = four ? JCS_CMYK : decoder.jpeg_color_space == JCS_GRAYSCALE ? JCS_GRAYSCALE : JCS_RGB;
  jpeg_start_decompress(&decoder);
  image.channels = decoder.output_components;
  const size_t row_bytes = static_cast<size_t>(image.width) * static_cast<size_t>(image.channels);
  image.pixels.resize(row_bytes * static_cast<size_t>(image.height));
  while (decoder.output_scanline < decoder.output_height) {
    JSAMPROW row = image.pixels.data() + decoder.output_scanline * row_bytes;
    jpeg_read_scanlines(&decoder, &row, 1);
  }
  jpeg_finish_decompress(&decoder);
  return true;
}

void write_segment(jpeg_compress_struct& encoder, std::string_view segment) {
  jpeg_write_marker(&encoder, JPEG_APP0 + 1, reinterpret_cast<const JOCTET*>(segment.data()),
                    static_cast<unsigned>(segment.size()));
}

struct JpegOutput {
  unsigned char* bytes = nullptr;
  unsigned long size = 0;
};

bool encode_jpeg_into(jpeg_compress_struct& encoder, JpegErrors& errors, const Image8& image, std::string_view exif,
                      std::string_view xmp, int quality, JpegOutput& out) {
  if (setjmp(errors.leave) != 0) return false;
  jpeg_mem_dest(&encoder, &out.bytes, &out.size);
  encoder.image_width = static_cast<JDIMENSION>(image.width);
  encoder.image_height = static_cast<JDIMENSION>(image.height);
  encoder.input_components = image.channels;
  encoder.in_color_space = image.channels == 1 ? JCS_GRAYSCALE : JCS_RGB;
  jpeg_set_defaults(&encoder);
  jpeg_set_quality(&encoder, quality, TRUE);
  jpeg_start_compress(&encoder, TRUE);
  if (!exif.empty()) write_segment(encoder, exif);
  if (!xmp.empty()) write_segment(encoder, xmp);
  const size_t row_bytes = static_cast<size_t>(image.width) * static_cast<size_t>(image.channels);
  while (encoder.next_scanline < encoder.image_height) {
    auto* row = const_cast<JSAMPLE*>(image.pixels.data()) + encoder.next_scanline * row_bytes;
    jpeg_write_scanlines(&encoder, &row, 1);
  }
  jpeg_finish_compress(&encoder);
  return true;
}

}  // namespace

Image8 decode_jpeg(std::span<const std::byte> bytes, const std::string& name, int64_t most_pixels) {
  JpegErrors errors;
  jpeg_decompress_struct decoder{};
  use_errors(errors);
  decoder.err = &errors.base;
  jpeg_create_decompress(&decoder);
  const ImageCleanup cleanup([&] { jpeg_destroy_decompress(&decoder); });
  jpeg_progress_mgr progress{};
  progress.progress_monitor = on_jpeg_progress;
  decoder.progress = &progress;
  Image8 image;
  if (!decode_jpeg_into(decoder, errors, bytes, image, name, most_pixels)) refuse_image(name, errors.problem);
  if (image.channels == 4) cmyk_to_rgb(image);
  return image;
}

std::string encode_jpeg(const Image8& image, std::string_view exif, std::string_view xmp, int quality) {
  if (image.channels == 4) refuse_to_write("JPEG", "it holds no transparency");
  if (image.width > JPEG_MAX_DIMENSION || image.height > JPEG_MAX_DIMENSION)
    refuse_to_write("JPEG", "its sides are at most " + std::to_string(JPEG_MAX_DIMENSION));
  const std::string exif_segment = exif.empty() ? "" : std::string(jpeg_exif_name) + std::string(exif);
  const std::string xmp_segment = xmp.empty() ? "" : std::string(jpeg_xmp_name) + std::string(xmp);
  if (exif_segment.size() > most_segment_bytes || xmp_segment.size() > most_segment_bytes)
    refuse_to_write("JPEG", "its metadata hold 64 KB, and the prompt or recipe is longer");
  JpegErrors errors;
  jpeg_compress_struct encoder{};
  use_errors(errors);
  encoder.err = &errors.base;
  jpeg_create_compress(&encoder);
  JpegOutput out;
  const ImageCleanup cleanup([&] {
    jpeg_destroy_compress(&encoder);
    std::free(out.bytes);
  });
  if (!encode_jpeg_into(encoder, errors, image, exif_segment, xmp_segment, quality, out))
    refuse_to_write("JPEG", errors.problem);
  return {reinterpret_cast<const char*>(out.bytes), out.size};
}

}  // namespace diptych
