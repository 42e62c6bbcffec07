#include "models/common/time_text_embedding.h"

#include "engine/ops/elementwise.h"
#include "models/common/timestep_embedding.h"

namespace diptych::models {

TimeTextEmbedding::TimeTextEmbedding(WeightLoader& weights, const std::string& name, int64_t pooled_width,
                                     int64_t width, bool guided)
    : time(weights, name + ".timestep_embedder", frequencies, width) {
  if (guided) guidance_scale = Embedder(weights, name + ".guidance_embedder", frequencies, width);
  text = Embedder(weights, name + ".text_embedder", pooled_width, width);
}

Tensor TimeTextEmbedding::forward(Context& ctx, std::span<const float> timesteps, std::span<const float> guidance,
                                  const Tensor& pooled) const {
  const TimestepEmbedding form{.channels = frequencies};
  Tensor sum = time.forward(ctx, timestep_embedding(ctx, timesteps, form));  // [rows, width]
  if (!guidance_scale.linear_1.blocks.empty()) {
    sum = add(ctx, sum, guidance_scale.forward(ctx, timestep_embedding(ctx, guidance, form)));
  }
  return add(ctx, sum, text.forward(ctx, pooled));
}

}  // namespace diptych::models
