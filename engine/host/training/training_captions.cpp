#include "engine/host/training/training_captions.h"

#include <algorithm>

#include "engine/core/error.h"
#include "engine/io/files/atomic_file.h"
#include "engine/io/files/utf8.h"
#include "engine/io/images/image.h"
#include "engine/io/images/image_resize.h"

namespace diptych::host {
namespace {

namespace fs = std::filesystem;

constexpr uint64_t most_caption_bytes = 1u << 20;

// As engine/train/data looks for it.
fs::path caption_beside(const fs::path& picture) {
  std::error_code error;
  for (const char* ending : {".txt", ".caption"}) {
    const fs::path beside = fs::path(picture).replace_extension(ending);
    if (fs::is_regular_file(beside, error)) return beside;
  }
  return fs::path(picture).replace_extension(".txt");
}

// JPEG has no transparency: over white, as training sees it.
Image8 opaque(const Image8& image) {
  if (image.channels != 4) return image;
  Image8 result{.width = image.width, .height = image.height, .channels = 3, .pixels = {}};
  result.pixels.reserve(image.pixels.size() / 4 * 3);
  for (size_t i = 0; i < image.pixels.size(); i += 4) {
    const int alpha = image.pixels[i + 3];
    for (size_t c = 0; c < 3; ++c) {
      result.pixels.push_back(static_cast<uint8_t>((image.pixels[i + c] * alpha + 255 * (255 - alpha) + 127) / 255));
    }
  }
  return result;
}

}  // namespace

api::CaptionEdit edit_caption(api::CaptionEdit edit) {
  const fs::path picture = edit.file;
  std::error_code error;
  if (!picture.is_absolute() || !fs::is_regular_file(picture, error)) {
    throw Error(ErrorCategory::not_found, "cannot caption", edit.file, "there is no such picture",
                "read the data again: it may have been moved");
  }
  image_format_of_name(picture);  // refuses what is none
  if (edit.caption && !is_utf8(*edit.caption)) {
    throw Error(ErrorCategory::invalid_argument, "cannot caption", edit.file, "the text is no UTF-8", "correct it");
  }
  if (edit.caption && edit.caption->size() > most_caption_bytes) {
    throw Error(ErrorCategory::invalid_argument, "cannot caption", edit.file, "the text is longer than 1 MiB",
                "shorten it");
  }
  const fs::path beside = caption_beside(picture);
  edit.before.reset();
  if (fs::is_regular_file(beside, error)) {
    edit.before = fs::file_size(beside, error) > 0 ? read_text_file(beside, most_caption_bytes) : "";
  }
  if (edit.caption) {
    write_text_file(beside, *edit.caption);
  } else if (edit.before && !fs::remove(beside, error)) {
    throw Error(ErrorCategory::io, "cannot remove caption", beside.string(), error.message(),
                "check that the folder can be written");
  }
  return edit;
}

std::string picture_thumbnail(const fs::path& file, int size) {
  Image8 image = read_image(file).image;
  const int64_t longer = std::max(image.width, image.height);
  if (longer > size) {
    image = resized(image, std::max<int64_t>(1, image.width * size / longer),
                    std::max<int64_t>(1, image.height * size / longer));
  }
  return encode_image(opaque(image), ImageFormat::jpeg, {}, {.quality = 85});
}

}  // namespace diptych::host
