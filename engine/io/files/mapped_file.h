// The bytes of a file, mapped read-only; nothing is read before it is touched, so a model larger than memory opens.
#pragma once

#include <cstddef>
#include <filesystem>
#include <memory>
#include <span>
#include <string>
#include <vector>

namespace diptych {

class MappedFile {
 public:
  // Error: not_found, io (permission), invalid_argument (a folder or a device), invalid_file (empty).
  static std::shared_ptr<const MappedFile> open(const std::filesystem::path& path);
  // Bytes that are in memory already (tests, fuzzing); `name` stands for the path in messages.
  static std::shared_ptr<const MappedFile> adopt(std::vector<std::byte> bytes, std::string name);

  ~MappedFile();
  MappedFile(const MappedFile&) = delete;
  MappedFile& operator=(const MappedFile&) = delete;

  std::span<const std::byte> bytes() const { return bytes_; }
  const std::string& path() const { return path_; }

  // Copies bytes without mapping them, which for what is used once takes a fraction of the time of touching pages.
  // Error (io): they cannot be read, or the file has become shorter.
  void read(size_t offset, std::span<std::byte> into) const;

  // Gives the whole pages inside [offset, offset + bytes) back to the system: they are read again when touched.
  // For weights that were packed into another layout. Does nothing for adopted bytes.
  void release(size_t offset, size_t bytes) const;
  // Asks the system to read the range ahead.
  void prefetch(size_t offset, size_t bytes) const;

 private:
  MappedFile() = default;
  void advise(size_t offset, size_t bytes, int advice, bool inner_pages) const;

  std::string path_;
  std::span<const std::byte> bytes_;
  std::vector<std::byte> owned_;
  int file_ = -1;  // open as long as it is mapped
};

}  // namespace diptych
