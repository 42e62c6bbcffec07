// safetensors: an 8-byte little-endian header length, a JSON header, then the tensors' bytes without gaps.
// Source: the format section of github.com/huggingface/safetensors. Errors are invalid_file and name path and byte.
#pragma once

#include <filesystem>
#include <functional>
#include <map>
#include <memory>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "engine/io/formats/weights.h"

namespace diptych {

class SafetensorsFile final : public WeightFile {
 public:
  static std::shared_ptr<const SafetensorsFile> open(const std::filesystem::path& path);
  static std::shared_ptr<const SafetensorsFile> parse(std::shared_ptr<const MappedFile> file);
  // NAME.safetensors.index.json: opens the files that it names, which must lie beside it, and takes each tensor from
  // the file that the index says.
  static std::shared_ptr<const SafetensorsFile> open_index(const std::filesystem::path& index);

  const std::map<std::string, std::string>& metadata() const { return metadata_; }  // "__metadata__"

 private:
  explicit SafetensorsFile(std::string path) : WeightFile(std::move(path)) {}

  std::map<std::string, std::string> metadata_;
};

struct NamedTensor {
  std::string name;
  DType type;
  Shape dims;
  std::span<const std::byte> data;
  // In place of `data`: called once, while the file is written, and gives exactly the tensor's bytes.
  std::function<std::vector<std::byte>()> produce = {};
};

// Writes beside and renames. Error (unsupported) for block-quantized types, (io) where writing fails.
void write_safetensors(const std::filesystem::path& path, std::span<const NamedTensor> tensors,
                       const std::map<std::string, std::string>& metadata = {});
// How large that file will be, from names, types and shapes alone.
uint64_t safetensors_bytes(std::span<const NamedTensor> tensors,
                           const std::map<std::string, std::string>& metadata = {});

}  // namespace diptych
