// One interface over the files that hold weights (GGUF, safetensors, shards of either): named, typed, row-major views.
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

#include "engine/core/shape.h"
#include "engine/io/files/mapped_file.h"
#include "kernels/common/dtype.h"

namespace diptych {

// Bytes of one weight. `keep_alive` holds the mapping, so a view may outlive the WeightFile it came from.
struct WeightView {
  DType type;
  Shape dims;  // outermost first, row-major: [rows, columns]; a row is contiguous and, if quantized, whole blocks
  const std::byte* data;  // aligned for the type's elements
  size_t bytes;
  std::shared_ptr<const void> keep_alive;
  std::shared_ptr<const MappedFile> file;  // null where the data had to be copied to be aligned
  size_t offset;                           // of the data in `file`

  // Gives the pages back after the weight was packed into another layout; touching the data reads them again.
  void release() const {
    if (file) file->release(offset, bytes);
  }
  void prefetch() const {
    if (file) file->prefetch(offset, bytes);
  }
};

// What a file says of a weight, also of one whose type cannot be computed with.
struct WeightEntry {
  std::string name;
  std::optional<DType> type;   // none: the type is known but not supported
  std::string_view type_name;  // as the format writes it: "Q4_K", "BF16"
  Shape dims;
  uint64_t bytes = 0;
  uint64_t offset = 0;  // in files()[file]
  size_t file = 0;
};

class WeightFile {
 public:
  virtual ~WeightFile() = default;

  const std::string& path() const { return path_; }
  const std::vector<std::shared_ptr<const MappedFile>>& files() const { return files_; }
  const std::vector<WeightEntry>& entries() const { return entries_; }  // in the order of the file
  std::vector<std::string> names() const;
  bool contains(std::string_view name) const { return entry(name) != nullptr; }
  const WeightEntry* entry(std::string_view name) const;  // nullptr: none

  // Error (unsupported) where the weight exists in a type that nothing here computes with.
  std::optional<WeightView> find(std::string_view name) const;
  WeightView require(std::string_view name) const;  // Error (invalid_file) where it is missing

  int64_t parameters() const;  // values of all weights together

 protected:
  explicit WeightFile(std::string path) : path_(std::move(path)) {}
  bool add(WeightEntry entry);  // false: the name exists

  std::vector<std::shared_ptr<const MappedFile>> files_;

 private:
  struct Hash {
    using is_transparent = void;
    size_t operator()(std::string_view text) const { return std::hash<std::string_view>{}(text); }
  };

  std::string path_;
  std::vector<WeightEntry> entries_;
  std::unordered_map<std::string, size_t, Hash, std::equal_to<>> index_;
};

// A GGUF file (with its shards), a safetensors file, or a folder with config.json and safetensors weights.
std::shared_ptr<const WeightFile> open_weights(const std::filesystem::path& path);

}  // namespace diptych
