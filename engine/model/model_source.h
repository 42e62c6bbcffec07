// A model's files, opened but not loaded: what architectures read their configuration and weights from.
#pragma once

#include <filesystem>
#include <memory>
#include <optional>
#include <string>

#include "engine/io/formats/gguf.h"
#include "engine/io/formats/weights.h"
#include "engine/io/library/hf_folder.h"

namespace diptych {

struct ModelSource {
  std::filesystem::path path;
  std::shared_ptr<const GgufFile> gguf;       // either this
  std::optional<HfFolder> hf;                 // or this
  std::shared_ptr<const WeightFile> weights;  // of either

  std::string architecture()
      const;  // GGUF general.architecture or config.json's model_type ("llama", "gemma3_text") or _class_name
  std::string quantization() const;  // the type that most bytes are stored in, as its format writes it: "Q4_1", "BF16"
  std::string name() const;          // general.name, or the file's or folder's name
};

// The file begins with GGUF's magic, whatever its name is. Error as MappedFile::open.
bool is_gguf_file(const std::filesystem::path& path);

// Error: not_found, io, invalid_file, or unsupported for what is neither a GGUF file nor a Hugging Face folder.
ModelSource open_model(const std::filesystem::path& path);

}  // namespace diptych
