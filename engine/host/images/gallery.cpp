#include "engine/host/images/gallery.h"

#include <ctime>
#include <span>
#include <utility>

#include "engine/core/error.h"
#include "engine/core/log.h"
#include "engine/diffusion/recipe/recipe_reader.h"
#include "engine/host/images/image_likeness.h"
#include "engine/io/files/atomic_file.h"
#include "engine/io/files/paths.h"
#include "engine/io/images/image_resize.h"
#include "engine/io/images/xmp.h"

namespace diptych::host {
namespace {

namespace fs = std::filesystem;

constexpr int64_t keep_deleted_ms = 30LL * 24 * 3600 * 1000;
constexpr int64_t keep_uploads_ms = 7LL * 24 * 3600 * 1000;
constexpr uint64_t most_picture_bytes = uint64_t{1} << 30;

ImageFormat format_named(const std::string& name) {
  return name == "jpeg" ? ImageFormat::jpeg : name == "webp" ? ImageFormat::webp : ImageFormat::png;
}

const char* ending_of(ImageFormat format) {
  return format == ImageFormat::jpeg ? ".jpg" : format == ImageFormat::webp ? ".webp" : ".png";
}

const char* content_type_of(ImageFormat format) {
  return format == ImageFormat::jpeg ? "image/jpeg" : format == ImageFormat::webp ? "image/webp" : "image/png";
}

// In the format that was chosen, or PNG where that cannot hold the picture: its sides, or a long recipe.
std::string encoded(const Image8& picture, ImageFormat& format, const ImageMetadata& metadata) {
  try {
    return encode_image(picture, format, metadata);
  } catch (const Error& error) {
    if (format == ImageFormat::png || error.category() != ErrorCategory::invalid_argument) throw;
    log_info(std::string("a picture is saved as PNG: ") + error.what());
    format = ImageFormat::png;
    return encode_image(picture, format, metadata);
  }
}

PictureFile read_picture_file(const fs::path& path) {
  PictureFile file;
  file.bytes = read_text_file(path, most_picture_bytes);
  file.content_type = content_type_of(image_format(std::as_bytes(std::span(file.bytes)), path.string()));
  return file;
}

// "2026-11-26" and "101502", in the user's time.
std::pair<std::string, std::string> day_and_time(int64_t time_ms) {
  const auto seconds = static_cast<time_t>(time_ms / 1000);
  tm local{};
  localtime_r(&seconds, &local);
  char day[32], time[32];
  std::strftime(day, sizeof day, "%Y-%m-%d", &local);
  std::strftime(time, sizeof time, "%H%M%S", &local);
  return {day, time};
}

}  // namespace

Gallery::Gallery(WriteQueue& writer, Reader& reader, GalleryHooks hooks)
    : writer_(writer),
      reader_(reader),
      hooks_(std::move(hooks)),
      folder_(data_dir() / "images"),
      thumbnails_(cache_dir() / "thumbnails"),
      uploads_(data_dir() / "uploads") {}

// A picture that was sent and only enlarged is what it was before: a photograph stays one.
DigitalSource Gallery::source_of(const api::ImageInfo& info) const {
  if (!api::enlarges_only(info.settings) || !Uploads::is_upload(info.settings.init->image))
    return DigitalSource::trained_model;
  try {
    const ImageTexts texts = read_image_texts(uploads_.path(info.settings.init->image));
    const std::string* xmp = find_text(texts, xmp_key);
    const bool generated = (xmp != nullptr && xmp_says_generated(*xmp)) || diffusion::restore_recipe(texts);
    return generated ? DigitalSource::trained_model : DigitalSource::enhanced;
  } catch (const Error&) {  // it went away meanwhile
    return DigitalSource::trained_model;
  }
}

void Gallery::save(const Image8& picture, const std::string& format, const std::string& parameters,
                   api::ImageInfo& info) {
  if (info.id.empty()) {
    info.id = new_id('i');
    info.created_ms = now_ms();
  }
  info.width = static_cast<int>(picture.width);
  info.height = static_cast<int>(picture.height);
  if (info.path.empty()) {
    ImageFormat kept = format_named(format);
    const std::string bytes = encoded(picture, kept,
                                      {.parameters = parameters,
                                       .recipe = info.recipe.is_null() ? "" : api::dump(info.recipe),
                                       .source = source_of(info)});
    const auto [day, time] = day_and_time(info.created_ms);
    const std::string tail = info.id.substr(info.id.size() - 6);
    const fs::path path = folder_ / day / (time + "-" + std::to_string(info.seed) + "-" + tail + ending_of(kept));
    write_text_file(path, bytes);
    info.path = path.string();
  }
  std::vector<api::ImageInfo> later;
  measure_likeness(picture, info, later);
  writer_.run([&](Database& database) {
    store::insert_image(database, info);
    for (const api::ImageInfo& one : later) store::write_metrics(database, one.id, one.metrics);
  });
  hooks_.changed(info);
  for (const api::ImageInfo& one : later) hooks_.changed(one);
}

void Gallery::measure_likeness(const Image8& picture, api::ImageInfo& info, std::vector<api::ImageInfo>& later) {
  const auto compare = [](const Image8& exact, const Image8& other, const api::ImageInfo& by, api::ImageInfo& of) {
    if (exact.pixels.size() != other.pixels.size()) return;
    of.metrics.psnr_db = psnr_db(exact, other);
    of.metrics.exact_seconds_per_step = by.metrics.seconds_per_step;
  };
  for (api::ImageInfo& one : reader_.read([&](Database& database) { return store::find_relatives(database, info); })) {
    const bool exact = is_exact_twin(one, info), inexact = is_exact_twin(info, one);
    if (!exact && !inexact) continue;
    if (!one.path.ends_with(".png")) continue;  // the others lose something of their own
    try {
      const Image8 there = read_image(one.path).image;
      if (exact) return compare(there, picture, one, info);
      compare(picture, there, info, one);
      later.push_back(std::move(one));
    } catch (const Error& failure) {
      log_info(std::string("two pictures are not compared: ") + failure.what());
    }
  }
}

api::ImageList Gallery::list(const store::ImageListOptions& options) {
  store::ImageListOptions one_more = options;
  ++one_more.limit;
  api::ImageList list;
  list.images = reader_.read([&](Database& database) { return store::list_images(database, one_more); });
  list.more = static_cast<int64_t>(list.images.size()) > options.limit;
  if (list.more) list.images.pop_back();
  return list;
}

api::ImageInfo Gallery::get(const std::string& id) {
  auto found = reader_.read([&](Database& database) { return store::find_image(database, id); });
  if (found) return std::move(*found);
  throw Error(ErrorCategory::not_found, "cannot find picture", id.substr(0, 100), "there is none of this id",
              "list the pictures; deleted ones are kept for 30 days");
}

api::ImageInfo Gallery::patch(const std::string& id, const api::ImagePatch& patch) {
  get(id);
  writer_.run([&](Database& database) { store::patch_image(database, id, patch, now_ms()); });
  api::ImageInfo changed = get(id);
  hooks_.changed(changed);
  return changed;
}

PictureFile Gallery::file(const std::string& id) {
  return read_picture_file(get(id).path);
}

PictureFile Gallery::thumbnail(const std::string& id, int size) {
  const fs::path kept = thumbnails_ / (id + "-" + std::to_string(size) + ".jpg");
  const api::ImageInfo info = get(id);
  std::error_code error;
  if (fs::exists(kept, error)) return {read_text_file(kept, most_picture_bytes), "image/jpeg"};
  Image8 image = read_image(info.path).image;
  const int64_t longer = std::max(image.width, image.height);
  if (longer > size) {
    image = resized(image, std::max<int64_t>(1, image.width * size / longer),
                    std::max<int64_t>(1, image.height * size / longer));
  }
  const std::string bytes = encode_image(image, ImageFormat::jpeg, {}, {.quality = 85});
  try {
    write_text_file(kept, bytes);
  } catch (const Error&) {
    // a full disk: it is made again next time
  }
  return {bytes, "image/jpeg"};
}

PictureFile Gallery::upload(const std::string& id) {
  return read_picture_file(uploads_.path(id));
}

Image8 Gallery::picture(const std::string& id) {
  return read_image(Uploads::is_upload(id) ? uploads_.path(id) : fs::path(get(id).path)).image;
}

api::ImageSize Gallery::size_of(const std::string& id) {
  if (Uploads::is_upload(id)) return uploads_.size_of(id);
  const api::ImageInfo info = get(id);
  return {info.width, info.height};
}

void Gallery::prune(int64_t time_ms) {
  const auto old = reader_.read(
      [&](Database& database) { return store::images_deleted_before(database, time_ms - keep_deleted_ms); });
  for (const api::ImageInfo& image : old) {
    std::error_code error;
    fs::remove(image.path, error);
    writer_.run([&](Database& database) { store::remove_image(database, image.id); });
    for (fs::directory_iterator entry(thumbnails_, error), end; !error && entry != end; entry.increment(error)) {
      std::error_code ignored;
      if (entry->path().filename().string().starts_with(image.id + "-")) fs::remove(entry->path(), ignored);
    }
    hooks_.removed(image.id);
  }
  uploads_.prune(time_ms - keep_uploads_ms, [&](const std::string& id) {
    return hooks_.wanted(id) || reader_.read([&](Database& database) { return store::names_upload(database, id); });
  });
}

}  // namespace diptych::host
