// Reader of GGUF v2 and v3, little-endian, with shards. Source of the layout: the GGUF specification
// (ggml/docs/gguf.md).
//
// Every count, offset and product is checked against the file before it is used; an Error (invalid_file) names the path
// and the byte. The file stores extents innermost first: `dims` here are reversed, [rows, columns].
#pragma once

#include <filesystem>
#include <memory>
#include <string>

#include "engine/io/formats/gguf_metadata.h"
#include "engine/io/formats/weights.h"

namespace diptych {

class GgufFile final : public WeightFile {
 public:
  // Any file of a set NAME-00001-of-000NN.gguf opens the whole set; a missing one is named.
  static std::shared_ptr<const GgufFile> open(const std::filesystem::path& path);
  // One file that is whole in itself.
  static std::shared_ptr<const GgufFile> parse(std::shared_ptr<const MappedFile> file);

  const GgufMetadata& metadata() const { return metadata_; }  // of the first file of a set
  uint32_t version() const { return version_; }
  std::string architecture() const;  // general.architecture, "" where missing

 private:
  explicit GgufFile(std::string path) : WeightFile(std::move(path)) {}
  GgufMetadata add_file(std::shared_ptr<const MappedFile> file);

  GgufMetadata metadata_;
  uint32_t version_ = 0;
};

}  // namespace diptych
