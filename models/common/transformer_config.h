// What the configurations of image transformers have in common.
#pragma once

#include <vector>

#include "models/common/config_reader.h"

namespace diptych::models {

// Error (invalid_file) where a width, a product of two extents, is none itself.
void check_width(const HfConfig& config, int64_t width, const char* key = "num_attention_heads");

// Error (invalid_file) where no table of places can be made: width no multiple of 4, samples smaller than a patch.
void check_grid(const HfConfig& config, int64_t width, int64_t sample_size, int64_t patch);

// The sizes of a head's parts that turn along the axes of an image. Error (invalid_file) where one is odd or they are
// not a head together.
std::vector<int64_t> rope_dims_of(const HfConfig& config, const char* key, std::vector<int64_t> fallback,
                                  int64_t head_dim);

// Error (unsupported) where the source is no Hugging Face folder.
void require_folder(const ModelSource& source);

}  // namespace diptych::models
