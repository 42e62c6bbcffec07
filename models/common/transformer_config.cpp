#include "models/common/transformer_config.h"

#include "engine/core/error.h"

namespace diptych::models {

void check_width(const HfConfig& config, int64_t width, const char* key) {
  if (width > largest_extent) config.fail(key, "makes a width of " + std::to_string(width));
}

void check_grid(const HfConfig& config, int64_t width, int64_t sample_size, int64_t patch) {
  if (width % 4 != 0) config.fail("num_attention_heads", "makes a width that is no multiple of 4");
  if (sample_size < patch) config.fail("sample_size", "is less than patch_size");
}

std::vector<int64_t> rope_dims_of(const HfConfig& config, const char* key, std::vector<int64_t> fallback,
                                  int64_t head_dim) {
  std::vector<int64_t> dims = config.counts(key);
  if (dims.empty()) dims = std::move(fallback);
  int64_t sum = 0;
  for (const int64_t dim : dims) {
    if (dim % 2 != 0) config.fail(key, "holds " + std::to_string(dim) + ", which is odd");
    sum += dim;
  }
  if (sum != head_dim) config.fail(key, "is not a head of " + std::to_string(head_dim) + " together");
  return dims;
}

void require_folder(const ModelSource& source) {
  if (source.hf) return;
  throw Error(ErrorCategory::unsupported, "cannot load model", source.path.string(),
              "this architecture is read from Hugging Face folders only", "choose the model's folder");
}

}  // namespace diptych::models
