// What a UNet's resnets know of the step: its time and, with SDXL, the pooled text and the sizes of the image (Ho et
// al. 2020; Podell et al. 2023, section 2.2).
#pragma once

#include <cstdint>
#include <optional>
#include <string>

#include "engine/model/denoiser.h"
#include "engine/model/weight_loader.h"
#include "models/common/reference_inputs.h"
#include "models/unet/unet_config.h"

namespace diptych::models {

struct UnetEmbedding {
  UnetEmbedding(WeightLoader& weights, const UnetConfig& c);

  // [rows, time_width], behind the silu that every resnet would begin with
  Tensor forward(Context& ctx, const DenoiserInput& input) const;

  // Two layers that turn sines and cosines into what resnets take.
  struct Layers {
    Layers(WeightLoader& weights, const std::string& name, int64_t in_width, int64_t out_width);
    Tensor forward(Context& ctx, const Tensor& x) const;  // [rows, in_width] -> [rows, out_width]

    Linear first, second;
  };

  UnetConfig config;
  Layers time;
  std::optional<Layers> added;
};

// How wide the pooled text is that goes with an input's time ids, 0 where the UNet has neither. Error
// (invalid_argument): time ids are missing or have another shape than [rows, sizes].
int64_t pooled_width_of(const UnetConfig& config, const DenoiserInput& input);

// A question under the names of diffusers' forward, which UNets and their control models share.
DenoiserInput read_unet_input(Context& ctx, ReferenceInputs& named, int64_t in_channels, int64_t text_width,
                              bool size_conditioned);

}  // namespace diptych::models
