#include "engine/io/images/image_webp.h"

#include <webp/decode.h>
#include <webp/encode.h>
#include <webp/mux.h>

#include <algorithm>

#include "engine/core/error.h"
#include "engine/io/images/image_checks.h"

namespace diptych {
namespace {

WebPData webp_data(std::string_view bytes) {
  return {reinterpret_cast<const uint8_t*>(bytes.data()), bytes.size()};
}

std::string mux_chunk(const WebPMux* mux, const char* kind) {
  WebPData chunk;
  if (WebPMuxGetChunk(mux, kind, &chunk) != WEBP_MUX_OK) return {};
  return {reinterpret_cast<const char*>(chunk.bytes), chunk.size};
}

void set_chunk(WebPMux* mux, const char* kind, std::string_view bytes) {
  const WebPData chunk = webp_data(bytes);
  if (!bytes.empty() && WebPMuxSetChunk(mux, kind, &chunk, /*copy_data=*/1) != WEBP_MUX_OK)
    refuse_to_write("WebP", "its metadata could not be added");
}

std::string webp_pixels(const Image8& image, const ImageWriteOptions& options) {
  const int width = static_cast<int>(image.width), height = static_cast<int>(image.height);
  const int stride = width * image.channels;
  const uint8_t* pixels = image.pixels.data();
  const auto quality = static_cast<float>(options.quality);
  uint8_t* out = nullptr;
  size_t size = 0;
  if (options.lossless)
    size = image.channels == 4 ? WebPEncodeLosslessRGBA(pixels, width, height, stride, &out)
                               : WebPEncodeLosslessRGB(pixels, width, height, stride, &out);
  else
    size = image.channels == 4 ? WebPEncodeRGBA(pixels, width, height, stride, quality, &out)
                               : WebPEncodeRGB(pixels, width, height, stride, quality, &out);
  const ImageCleanup cleanup([&] { WebPFree(out); });
  if (size == 0) refuse_to_write("WebP", "libwebp refused it");
  return {reinterpret_cast<const char*>(out), size};
}

}  // namespace

Image8 decode_webp(std::span<const std::byte> bytes, const std::string& name, int64_t most_pixels) {
  const auto* data = reinterpret_cast<const uint8_t*>(bytes.data());
  WebPBitstreamFeatures features;
  if (WebPGetFeatures(data, bytes.size(), &features) != VP8_STATUS_OK) refuse_image(name, "its header is damaged");
  if (features.has_animation)
    throw Error(ErrorCategory::unsupported, "cannot read picture", name, "it is an animation", "save one frame of it");
  Image8 image;
  image.width = features.width;
  image.height = features.height;
  image.channels = features.has_alpha ? 4 : 3;
  check_image_size(image.width, image.height, most_pixels, name);
  const size_t row_bytes = static_cast<size_t>(image.width) * static_cast<size_t>(image.channels);
  image.pixels.resize(row_bytes * static_cast<size_t>(image.height));
  const auto decode = features.has_alpha ? WebPDecodeRGBAInto : WebPDecodeRGBInto;
  if (decode(data, bytes.size(), image.pixels.data(), image.pixels.size(), static_cast<int>(row_bytes)) == nullptr)
    refuse_image(name, "it is damaged or ends too early");
  return image;
}

WebpChunks webp_chunks(std::span<const std::byte> bytes, const std::string& name) {
  const WebPData data{reinterpret_cast<const uint8_t*>(bytes.data()), bytes.size()};
  WebPMux* mux = WebPMuxCreate(&data, /*copy_data=*/0);
  if (mux == nullptr) refuse_image(name, "it is damaged or ends too early");
  const ImageCleanup cleanup([&] { WebPMuxDelete(mux); });
  return {mux_chunk(mux, "EXIF"), mux_chunk(mux, "XMP ")};
}

std::string encode_webp(const Image8& image, std::string_view exif, std::string_view xmp,
                        const ImageWriteOptions& options) {
  if (image.width > WEBP_MAX_DIMENSION || image.height > WEBP_MAX_DIMENSION)
    refuse_to_write("WebP", "its sides are at most " + std::to_string(WEBP_MAX_DIMENSION));
  std::string pixels = webp_pixels(image, options);
  if (exif.empty() && xmp.empty()) return pixels;
  WebPMux* mux = WebPMuxNew();
  WebPData whole{nullptr, 0};
  const ImageCleanup cleanup([&] {
    WebPMuxDelete(mux);
    WebPDataClear(&whole);
  });
  const WebPData picture = webp_data(pixels);
  if (mux == nullptr || WebPMuxSetImage(mux, &picture, /*copy_data=*/0) != WEBP_MUX_OK)
    refuse_to_write("WebP", "libwebp refused it");
  set_chunk(mux, "EXIF", exif);
  set_chunk(mux, "XMP ", xmp);
  if (WebPMuxAssemble(mux, &whole) != WEBP_MUX_OK) refuse_to_write("WebP", "libwebp refused it");
  return {reinterpret_cast<const char*>(whole.bytes), whole.size};
}

}  // namespace diptych
