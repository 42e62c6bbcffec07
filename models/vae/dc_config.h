// Sizes of an AutoencoderDC, from diffusers' config.json.
#pragma once

#include <vector>

#include "engine/model/model_source.h"
#include "engine/ops/activation.h"

namespace diptych::models {

struct DcLevel {
  int64_t channels = 0, layers = 0;
  bool attends = false;         // its blocks are EfficientViT's, otherwise two convolutions around a residual
  std::vector<int64_t> scales;  // of attention: sides of the kernels that its further heads look through
  Activation activation = Activation::silu;
};

struct DcConfig {
  int64_t image_channels = 3, latent_channels = 32;
  int64_t head_dim = 32;
  std::vector<DcLevel> encoder, decoder;                  // from the image's size down
  bool shuffles_down = true, shuffles_up = true;          // channels become pixels; otherwise strides and interpolation
  bool encoder_shortcut = true, decoder_shortcut = true;  // around the convolutions next to the latents
  Activation last_activation = Activation::relu;
  float scaling_factor = 1;

  int64_t scale() const { return int64_t{1} << (encoder.size() - 1); }  // pixels of a side per latent
};

// Error: invalid_file, unsupported (norms and blocks that are not computed).
DcConfig dc_config(const ModelSource& source);

}  // namespace diptych::models
