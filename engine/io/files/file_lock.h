// A lock between processes that ends with its holder, also when that is killed.
#pragma once

#include <filesystem>
#include <functional>

#include "engine/core/cancel.h"

namespace diptych {

class FileLock {
 public:
  // Waits for other holders; `waiting` is called once if it has to. Error: io, cancelled.
  explicit FileLock(const std::filesystem::path& path, const CancelToken& cancel = {},
                    const std::function<void()>& waiting = {});
  ~FileLock();
  FileLock(const FileLock&) = delete;
  FileLock& operator=(const FileLock&) = delete;

 private:
  int fd_ = -1;
};

}  // namespace diptych
