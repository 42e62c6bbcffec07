// Pictures that clients send to start from: plain files named by their content.
#pragma once

#include <filesystem>
#include <functional>
#include <map>
#include <mutex>
#include <string>

#include "engine/api/image.h"

namespace diptych::host {

class Uploads {
 public:
  explicit Uploads(std::filesystem::path folder) : folder_(std::move(folder)) {}

  // Error: invalid_file (no picture), unsupported, io.
  api::UploadInfo add(const std::string& bytes);
  static bool is_upload(const std::string& id);
  std::filesystem::path path(const std::string& id) const;  // its time begins anew. Error (not_found)
  api::ImageSize size_of(const std::string& id);

  // Removes those that were last sent or used before `before_ms` (since the epoch) and that nothing names.
  void prune(int64_t before_ms, const std::function<bool(const std::string& id)>& is_named);

 private:
  const std::filesystem::path folder_;
  std::mutex mutex_;
  std::map<std::string, api::ImageSize> sizes_;  // of those that were asked for: pixels need not be decoded again
};

}  // namespace diptych::host
