// Prompts through one text encoder of a pipeline.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "engine/diffusion/image_model.h"

namespace diptych::diffusion {

using Prompts = std::vector<std::string>;

struct EncodedText {
  Tensor text;                   // [rows, tokens, hidden]
  Tensor pooled, projected;      // [rows, width], or empty
  std::vector<int64_t> lengths;  // [rows]: tokens without the padding
};

// Which of CLIP's layers the text is taken from: 0 the last, behind the final norm; 1 the one in front of it; …
struct ClipLayerChoice {
  int skip = 0;
  bool normalized = true;  // with the final norm; SDXL and SD3 take a layer as it is
};

// Error (invalid_argument) where more layers are left out than there are.
EncodedText encode_clip(Context& ctx, const TextPart& part, const Prompts& prompts, const ClipLayerChoice& layer);

// `masked`: padding is neither attended to nor, by lengths, passed on.
EncodedText encode_t5(Context& ctx, const TextPart& part, const Prompts& prompts, int64_t tokens, bool masked);

}  // namespace diptych::diffusion
