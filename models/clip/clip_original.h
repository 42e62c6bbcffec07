// CLIP's text encoders in checkpoints of one file: under transformers' names, or as OpenCLIP has them
// (github.com/mlfoundations/open_clip, transformer.py).
#pragma once

#include <memory>
#include <string>

#include "engine/model/model_source.h"

namespace diptych::models {

enum class ClipNames { none, transformers, open_clip };
ClipNames clip_names_in(const WeightFile& file, const std::string& prefix);

struct ClipChoice {
  bool open = false;  // trained as OpenCLIP: another activation, padded with "!"
  // Stable Diffusion 2.x reads the last layer but one, which its diffusers' folders end with.
  int64_t layers_left_out = 0;
};

// Under transformers' names, with the configuration that the weights tell (heads are 64 wide in all that were
// published); "pad_token_id" is the token that its texts are padded with. Error: invalid_file, unsupported.
ModelSource clip_original(const std::shared_ptr<const WeightFile>& file, const std::string& prefix,
                          const ClipChoice& choice);

}  // namespace diptych::models
