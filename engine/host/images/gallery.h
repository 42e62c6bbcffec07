// The gallery: pictures as plain files below data_dir()/images, found through the database, with thumbnails in the
// cache.
#pragma once

#include <filesystem>
#include <functional>
#include <string>

#include "engine/api/image.h"
#include "engine/host/http/streams.h"
#include "engine/host/images/image_store.h"
#include "engine/host/images/uploads.h"
#include "engine/host/store/write_queue.h"
#include "engine/io/images/image.h"

namespace diptych::host {

struct GalleryHooks {
  std::function<void(const api::ImageInfo&)> changed;     // new, favourite, deleted, restored
  std::function<void(const std::string& id)> removed;     // for good
  std::function<bool(const std::string& upload)> wanted;  // by a job that waits or runs
};

// Bytes of a file and what they are.
struct PictureFile {
  std::string bytes, content_type;
};

class Gallery {
 public:
  Gallery(WriteQueue& writer, Reader& reader, GalleryHooks hooks);

  // Writes file and entry; the path and, where it has none, the id are filled in. What it has done already it does not
  // do again, so that it can be tried again. Error (io): disk full.
  void save(const Image8& picture, const std::string& format, const std::string& parameters, api::ImageInfo& info);

  api::ImageList list(const store::ImageListOptions& options);
  api::ImageInfo get(const std::string& id);  // Error (not_found)
  api::ImageInfo patch(const std::string& id, const api::ImagePatch& patch);
  PictureFile file(const std::string& id);
  PictureFile thumbnail(const std::string& id, int size);  // JPEG

  Uploads& uploads() { return uploads_; }
  PictureFile upload(const std::string& id);
  Image8 picture(const std::string& id);  // of an upload or of the gallery
  api::ImageSize size_of(const std::string& id);

  // Deleted pictures and uploads whose time is over.
  void prune(int64_t time_ms);

 private:
  DigitalSource source_of(const api::ImageInfo& info) const;
  // Against what is there already; `later`: earlier pictures that this one tells something about.
  void measure_likeness(const Image8& picture, api::ImageInfo& info, std::vector<api::ImageInfo>& later);

  WriteQueue& writer_;
  Reader& reader_;
  GalleryHooks hooks_;
  const std::filesystem::path folder_, thumbnails_;
  Uploads uploads_;
};

}  // namespace diptych::host
