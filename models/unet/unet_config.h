// Sizes of a UNet2DConditionModel, from diffusers' config.json.
#pragma once

#include <algorithm>
#include <vector>

#include "engine/model/model_source.h"

namespace diptych::models {

struct UnetLevel {
  int64_t channels = 0;
  int64_t layers = 2;              // resnets on the way down; one more on the way up
  int64_t transformer_layers = 1;  // behind each resnet
  int64_t heads = 8;
  int64_t text_width = 0;                             // of what its cross attention reads
  bool down_attention = false, up_attention = false;  // whether there are transformers
};

struct UnetConfig {
  int64_t in_channels = 4, out_channels = 4, sample_size = 0;
  std::vector<UnetLevel> levels;  // from the latents' size down
  bool mid_block = true;
  int64_t norm_groups = 32;
  float norm_eps = 1e-5f;
  int64_t kernel_in = 3, kernel_out = 3;
  bool cosines_first = true;  // of the embedding of time
  float frequency_shift = 0;
  int64_t time_width = 0;  // of the embedding behind its two layers
  // SDXL: pooled text and the sizes of the image, each embedded in size_channels, together added_width. 0: none.
  int64_t added_width = 0, size_channels = 0;

  int64_t text_width() const { return levels.front().text_width; }
  // SDXL's base has six sizes beside the pooled text, its refiner five. The refiner reads one text encoder alone, whose
  // pooled text is as wide as its tokens; config.json does not say more, so inputs may divide the width otherwise.
  int64_t pooled_width() const {
    if (added_width == 0) return 0;
    const int64_t beside_five = added_width - 5 * size_channels;
    return beside_five == text_width() ? beside_five : std::max<int64_t>(0, beside_five - size_channels);
  }
};

// Error: invalid_file, unsupported (block types and options that are not computed).
UnetConfig unet_config(const ModelSource& source);
// Of what ends with the middle, as a ControlNet does.
UnetConfig unet_encoder_config(const ModelSource& source);

}  // namespace diptych::models
