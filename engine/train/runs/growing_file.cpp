#include "engine/train/runs/growing_file.h"

#include <fcntl.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>
#include <system_error>

#include "engine/core/error.h"
#include "engine/io/files/atomic_file.h"
#include "engine/io/files/mapped_file.h"

namespace diptych::train {
namespace {

std::string whole_text(const std::filesystem::path& path) {
  std::error_code error;
  if (!std::filesystem::exists(path, error) || std::filesystem::file_size(path, error) == 0) return {};
  const auto file = MappedFile::open(path);
  return {reinterpret_cast<const char*>(file->bytes().data()), file->bytes().size()};
}

}  // namespace

GrowingFile::GrowingFile(std::filesystem::path path, const std::function<std::string(const std::string& text)>& begin)
    : path_(std::move(path)) {
  write_text_file(path_, begin(whole_text(path_)));
  fd_ = ::open(path_.c_str(), O_WRONLY | O_APPEND | O_CLOEXEC);
  if (fd_ < 0) fail();
}

GrowingFile::~GrowingFile() {
  if (fd_ >= 0) ::close(fd_);
}

void GrowingFile::append(std::string_view text) {
  while (!text.empty()) {
    const ssize_t written = ::write(fd_, text.data(), text.size());
    if (written < 0 && errno == EINTR) continue;
    if (written < 0) fail();
    text.remove_prefix(static_cast<size_t>(written));
  }
}

void GrowingFile::fail() const {
  throw Error(ErrorCategory::io, "cannot write metrics", path_.string(), std::strerror(errno),
              "free some space, or check that the folder can be written");
}

}  // namespace diptych::train
