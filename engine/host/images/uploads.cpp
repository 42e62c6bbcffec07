#include "engine/host/images/uploads.h"

#include <sys/stat.h>

#include <chrono>
#include <span>

#include "engine/core/error.h"
#include "engine/io/files/atomic_file.h"
#include "engine/io/files/sha256.h"
#include "engine/io/images/image.h"

namespace diptych::host {
namespace {

namespace fs = std::filesystem;

constexpr size_t id_digits = 32;  // of the content's SHA-256: 128 bits
constexpr int64_t most_upload_pixels = int64_t{1} << 26;

}  // namespace

api::UploadInfo Uploads::add(const std::string& bytes) {
  const auto raw = std::as_bytes(std::span(bytes));
  const ImageFile file = parse_image(raw, "the upload", most_upload_pixels);
  Sha256 hash;
  hash.update(raw);
  api::UploadInfo info;
  info.id = "u" + hash.finish().substr(0, id_digits);
  info.width = static_cast<int>(file.image.width);
  info.height = static_cast<int>(file.image.height);
  const fs::path path = folder_ / info.id;
  std::error_code error;
  if (fs::exists(path, error)) {
    fs::last_write_time(path, fs::file_time_type::clock::now(), error);  // its time begins anew
  } else {
    write_text_file(path, bytes);
  }
  const std::lock_guard lock(mutex_);
  sizes_[info.id] = {info.width, info.height};
  return info;
}

bool Uploads::is_upload(const std::string& id) {
  return id.size() == id_digits + 1 && id.front() == 'u' &&
         id.find_first_not_of("0123456789abcdef", 1) == std::string::npos;
}

fs::path Uploads::path(const std::string& id) const {
  std::error_code error;
  if (is_upload(id) && fs::exists(folder_ / id, error)) {
    fs::last_write_time(folder_ / id, fs::file_time_type::clock::now(), error);
    return folder_ / id;
  }
  throw Error(ErrorCategory::not_found, "cannot find upload", id.substr(0, 100), "there is none of this id",
              "upload it again; those that nothing names are removed after a week");
}

api::ImageSize Uploads::size_of(const std::string& id) {
  const fs::path file = path(id);
  {
    const std::lock_guard lock(mutex_);
    if (const auto known = sizes_.find(id); known != sizes_.end()) return known->second;
  }
  const Image8 image = read_image(file).image;
  const api::ImageSize size{static_cast<int>(image.width), static_cast<int>(image.height)};
  const std::lock_guard lock(mutex_);
  return sizes_[id] = size;
}

void Uploads::prune(int64_t before_ms, const std::function<bool(const std::string& id)>& is_named) {
  std::error_code error;
  for (fs::directory_iterator entry(folder_, error), end; !error && entry != end; entry.increment(error)) {
    const std::string id = entry->path().filename().string();
    struct stat status {};
    if (!is_upload(id) || stat(entry->path().c_str(), &status) != 0) continue;
    if (static_cast<int64_t>(status.st_mtime) * 1000 >= before_ms || is_named(id)) continue;
    std::error_code ignored;
    fs::remove(entry->path(), ignored);
  }
}

}  // namespace diptych::host
