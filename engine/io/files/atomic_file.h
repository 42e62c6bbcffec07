// A file written beside its final place and renamed over it: readers see the old file or the whole new one.
#pragma once

#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <span>
#include <string>
#include <string_view>

namespace diptych {

class AtomicFile {
 public:
  // Makes missing parent folders. Error (io) where the folder cannot be written.
  explicit AtomicFile(std::filesystem::path path);
  ~AtomicFile();  // without commit() nothing is left behind
  AtomicFile(const AtomicFile&) = delete;
  AtomicFile& operator=(const AtomicFile&) = delete;

  void write(std::span<const std::byte> bytes);  // Error (io): disk full, …
  void write(std::string_view text);
  void pad_to(uint64_t multiple);  // zeros
  uint64_t size() const { return size_; }

  void commit();  // fsync, rename, fsync of the folder

 private:
  void flush();
  [[noreturn]] void fail(int error) const;

  std::filesystem::path path_, temporary_;
  std::string buffer_;
  uint64_t size_ = 0;
  int fd_ = -1;
};

// Whole small files. `limit_bytes` guards against reading something that is no text file.
std::string read_text_file(const std::filesystem::path& path, uint64_t limit_bytes = 64u << 20);
void write_text_file(const std::filesystem::path& path, std::string_view text);

// Makes a folder and its parents. Error (io).
void make_folder(const std::filesystem::path& folder);

// After a rename inside: the folder's entries are on the disk when this returns. A folder that may be written but not
// read is left to the system.
void sync_folder(const std::filesystem::path& folder);

}  // namespace diptych
