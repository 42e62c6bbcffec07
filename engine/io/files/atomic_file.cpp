#include "engine/io/files/atomic_file.h"

#include <fcntl.h>
#include <unistd.h>

#include <atomic>
#include <cerrno>
#include <cstring>
#include <utility>

#include "engine/core/error.h"
#include "engine/io/files/mapped_file.h"

namespace diptych {
namespace fs = std::filesystem;
namespace {

constexpr size_t buffer_bytes = 1 << 20;

}  // namespace

void sync_folder(const fs::path& folder) {
  const int fd = ::open(folder.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC);
  if (fd < 0) return;  // a folder that may be written but not read: the rename itself has happened
  ::fsync(fd);
  ::close(fd);
}

void make_folder(const fs::path& folder) {
  if (folder.empty()) return;
  std::error_code error;
  fs::create_directories(folder, error);
  if (error && !fs::is_directory(folder)) {
    throw Error(ErrorCategory::io, "cannot make folder", folder.string(), error.message(),
                "check that its parent exists and can be written");
  }
}

AtomicFile::AtomicFile(fs::path path) : path_(std::move(path)) {
  static std::atomic<unsigned> serial{0};
  make_folder(path_.parent_path());
  temporary_ = path_;
  temporary_ += '.';
  temporary_ += std::to_string(::getpid());
  temporary_ += '.';
  temporary_ += std::to_string(serial++);
  temporary_ += ".tmp";
  fd_ = ::open(temporary_.c_str(), O_WRONLY | O_CREAT | O_TRUNC | O_NOFOLLOW | O_CLOEXEC, 0666);
  if (fd_ < 0) fail(errno);
}

AtomicFile::~AtomicFile() {
  if (fd_ < 0) return;
  ::close(fd_);
  ::unlink(temporary_.c_str());
}

void AtomicFile::fail(int error) const {
  const char* to_do = error == ENOSPC || error == EDQUOT ? "free some space and try again"
                                                         : "check that the folder exists and can be written";
  throw Error(ErrorCategory::io, "cannot write file", path_.string(), std::strerror(error), to_do);
}

void AtomicFile::write(std::span<const std::byte> bytes) {
  write(std::string_view(reinterpret_cast<const char*>(bytes.data()), bytes.size()));
}

void AtomicFile::write(std::string_view text) {
  size_ += text.size();
  buffer_.append(text);
  if (buffer_.size() >= buffer_bytes) flush();
}

void AtomicFile::pad_to(uint64_t multiple) {
  const uint64_t rest = size_ % multiple;
  if (rest != 0) write(std::string(multiple - rest, '\0'));
}

void AtomicFile::flush() {
  size_t done = 0;
  while (done < buffer_.size()) {
    const ssize_t written = ::write(fd_, buffer_.data() + done, buffer_.size() - done);
    if (written < 0 && errno == EINTR) continue;
    if (written < 0) fail(errno);
    done += static_cast<size_t>(written);
  }
  buffer_.clear();
}

void AtomicFile::commit() {
  flush();
  if (::fsync(fd_) != 0) fail(errno);
  if (::rename(temporary_.c_str(), path_.c_str()) != 0) fail(errno);
  ::close(fd_);
  fd_ = -1;
  sync_folder(path_.has_parent_path() ? path_.parent_path() : ".");
}

std::string read_text_file(const fs::path& path, uint64_t limit_bytes) {
  const auto file = MappedFile::open(path);
  const auto bytes = file->bytes();
  if (bytes.size() > limit_bytes) {
    throw Error(ErrorCategory::invalid_file, "cannot read file", path.string(),
                "it has " + std::to_string(bytes.size()) + " bytes, more than the " + std::to_string(limit_bytes) +
                    " that such a file may have",
                "check that it is the right file");
  }
  return {reinterpret_cast<const char*>(bytes.data()), bytes.size()};
}

void write_text_file(const fs::path& path, std::string_view text) {
  AtomicFile file(path);
  file.write(text);
  file.commit();
}

}  // namespace diptych
