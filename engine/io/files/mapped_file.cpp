#include "engine/io/files/mapped_file.h"

#include <fcntl.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cassert>
#include <cerrno>
#include <cstring>
#include <utility>

#include "engine/core/error.h"

namespace diptych {
namespace {

struct Descriptor {
  int fd;
  int take() { return std::exchange(fd, -1); }
  ~Descriptor() {
    if (fd >= 0) ::close(fd);
  }
};

[[noreturn]] void fail(const std::string& path, int error) {
  if (error == ENOENT || error == ENOTDIR) {
    throw Error(ErrorCategory::not_found, "cannot open file", path, "no such file", "check the path");
  }
  const bool denied = error == EACCES || error == EPERM;
  throw Error(ErrorCategory::io, "cannot open file", path, std::strerror(error),
              denied ? "give yourself permission to read it" : "check the disk and try again");
}

}  // namespace

std::shared_ptr<const MappedFile> MappedFile::open(const std::filesystem::path& path) {
  const std::string name = path.string();
  // O_NONBLOCK: opening a pipe must not wait for a writer.
  Descriptor file{::open(path.c_str(), O_RDONLY | O_CLOEXEC | O_NONBLOCK)};
  if (file.fd < 0) fail(name, errno);
  struct stat status {};
  if (::fstat(file.fd, &status) != 0) fail(name, errno);
  if (S_ISDIR(status.st_mode)) {
    throw Error(ErrorCategory::invalid_argument, "cannot open file", name, "it is a folder",
                "name a file, or a folder with config.json where a model is asked for");
  }
  if (!S_ISREG(status.st_mode)) {
    throw Error(ErrorCategory::invalid_argument, "cannot open file", name, "not a regular file", "name a file");
  }
  if (status.st_size == 0) {
    throw Error(ErrorCategory::invalid_file, "cannot open file", name, "it is empty", "copy or download it again");
  }
  const auto size = static_cast<size_t>(status.st_size);
  void* address = ::mmap(nullptr, size, PROT_READ, MAP_PRIVATE, file.fd, 0);
  if (address == MAP_FAILED) fail(name, errno);

  std::shared_ptr<MappedFile> mapped(new MappedFile);
  mapped->path_ = name;
  mapped->bytes_ = {static_cast<const std::byte*>(address), size};
  mapped->file_ = file.take();
  return mapped;
}

std::shared_ptr<const MappedFile> MappedFile::adopt(std::vector<std::byte> bytes, std::string name) {
  std::shared_ptr<MappedFile> file(new MappedFile);
  file->path_ = std::move(name);
  file->owned_ = std::move(bytes);
  file->bytes_ = file->owned_;
  return file;
}

MappedFile::~MappedFile() {
  if (file_ < 0) return;
  ::munmap(const_cast<std::byte*>(bytes_.data()), bytes_.size());
  ::close(file_);
}

void MappedFile::read(size_t offset, std::span<std::byte> into) const {
  assert(offset <= bytes_.size() && into.size() <= bytes_.size() - offset);
  if (file_ < 0) {
    std::ranges::copy(bytes_.subspan(offset, into.size()), into.begin());
    return;
  }
  while (!into.empty()) {
    const ssize_t count = ::pread(file_, into.data(), into.size(), static_cast<off_t>(offset));
    if (count < 0 && errno == EINTR) continue;
    if (count <= 0) {
      throw Error(ErrorCategory::io, "cannot read file", path_,
                  count < 0 ? std::strerror(errno) : "it is shorter than it was when it was opened",
                  "check the disk, and that nothing writes to the file while it is used");
    }
    offset += static_cast<size_t>(count);
    into = into.subspan(static_cast<size_t>(count));
  }
}

void MappedFile::advise(size_t offset, size_t bytes, int advice, bool inner_pages) const {
  if (file_ < 0 || offset >= bytes_.size()) return;
  const auto page = static_cast<size_t>(::sysconf(_SC_PAGESIZE));
  const size_t end = std::min(bytes_.size(), offset + std::min(bytes, bytes_.size() - offset));
  // Pages shared with a neighbour stay when giving back; the last page of the file has no neighbour behind it.
  const size_t from = inner_pages ? (offset + page - 1) / page * page : offset / page * page;
  const size_t to = inner_pages && end != bytes_.size() ? end / page * page : end;
  if (from < to) ::madvise(const_cast<std::byte*>(bytes_.data()) + from, to - from, advice);
}

void MappedFile::release(size_t offset, size_t bytes) const {
  advise(offset, bytes, MADV_DONTNEED, true);
}

void MappedFile::prefetch(size_t offset, size_t bytes) const {
  advise(offset, bytes, MADV_WILLNEED, false);
}

}  // namespace diptych
