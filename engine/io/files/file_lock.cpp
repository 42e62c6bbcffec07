#include "engine/io/files/file_lock.h"

#include <fcntl.h>
#include <sys/file.h>
#include <unistd.h>

#include <cerrno>
#include <chrono>
#include <cstring>
#include <thread>

#include "engine/core/error.h"
#include "engine/io/files/atomic_file.h"

namespace diptych {

FileLock::FileLock(const std::filesystem::path& path, const CancelToken& cancel, const std::function<void()>& waiting) {
  make_folder(path.parent_path());
  fd_ = ::open(path.c_str(), O_RDWR | O_CREAT | O_CLOEXEC | O_NOFOLLOW, 0666);
  if (fd_ < 0) {
    throw Error(ErrorCategory::io, "cannot lock", path.string(), std::strerror(errno),
                "check that the folder can be written");
  }
  bool told = false;
  while (::flock(fd_, LOCK_EX | LOCK_NB) != 0) {
    if (errno != EWOULDBLOCK && errno != EINTR) {
      const int error = errno;
      ::close(fd_);
      throw Error(ErrorCategory::io, "cannot lock", path.string(), std::strerror(error),
                  "use a file system that knows locks");
    }
    if (!told && waiting) waiting();
    told = true;
    if (cancel.cancelled()) {
      ::close(fd_);
      cancel.throw_if_cancelled();
    }
    std::this_thread::sleep_for(std::chrono::milliseconds(50));
  }
}

FileLock::~FileLock() {
  ::close(fd_);
}

}  // namespace diptych
