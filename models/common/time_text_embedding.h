// The condition of SD3 and FLUX: time, pooled text and, where the network was distilled with it, the guidance scale.
#pragma once

#include <span>

#include "models/common/embedder.h"

namespace diptych::models {

struct TimeTextEmbedding {
  TimeTextEmbedding() = default;
  TimeTextEmbedding(WeightLoader& weights, const std::string& name, int64_t pooled_width, int64_t width, bool guided);

  // pooled [rows, pooled_width]; guidance [rows] where there is an embedder of it -> [rows, width]
  Tensor forward(Context& ctx, std::span<const float> timesteps, std::span<const float> guidance,
                 const Tensor& pooled) const;

  static constexpr int64_t frequencies = 256;

  Embedder time, guidance_scale, text;
};

}  // namespace diptych::models
