// What frozen encoders make of pictures and captions, kept on disk, so that a run encodes each once.
//
// One safetensors file per item, named by a hash of everything that its content depends on, written beside and renamed.
// A file that is damaged, cut short or of another item is made again.
#pragma once

#include <cstdint>
#include <filesystem>
#include <functional>
#include <string>
#include <string_view>

#include "engine/core/context.h"
#include "engine/io/formats/tensor_file.h"
#include "engine/train/data/picture_dataset.h"

namespace diptych::train {

// `encoder`: the content hash of the encoder's files. `dtype`: of what is stored.
std::string latent_key(const TrainingPicture& picture, const Placement& placement, std::string_view encoder,
                       DType dtype);
// `settings`: whatever else of the recipe the encoding depends on (layers left out, length).
std::string text_key(std::string_view caption, std::string_view encoder, std::string_view settings, DType dtype);

class EncodingCache {
 public:
  explicit EncodingCache(std::filesystem::path folder) : folder_(std::move(folder)) {}

  struct Counts {
    int64_t found = 0, made = 0;
    int64_t damaged = 0;  // of those made: files that were there and could not be used
  };

  // The item's tensors from its file, else from `encode`, which then go into the file. Where that cannot be written (a
  // full disk), the run goes on without it: see problem(). On meta `encode` alone is asked.
  TensorMap get(Context& ctx, const std::string& key, const std::function<TensorMap()>& encode);

  const Counts& counts() const { return counts_; }
  const std::string& problem() const { return problem_; }  // why files are no longer written; empty: they are

  std::filesystem::path file_of(const std::string& key) const;

 private:
  bool read(Context& ctx, const std::string& key, TensorMap& tensors);
  void write(const std::string& key, const TensorMap& tensors);

  std::filesystem::path folder_;
  Counts counts_;
  std::string problem_;
};

}  // namespace diptych::train
