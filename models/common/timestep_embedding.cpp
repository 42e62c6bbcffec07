#include "models/common/timestep_embedding.h"

#include <algorithm>
#include <cmath>

namespace diptych::models {

Tensor timestep_embedding(Context& ctx, std::span<const float> values, const TimestepEmbedding& form) {
  const auto rows = static_cast<int64_t>(values.size()), half = form.channels / 2;
  ctx.declare("timestep_embedding", {.flops = static_cast<double>(rows * form.channels) * 20,
                                     .written_bytes = static_cast<double>(rows * form.channels) * 4});
  Tensor embedded = ctx.output({rows, form.channels});
  if (embedded.is_meta()) return embedded;
  std::ranges::fill(embedded.span<float>(), 0.0f);
  const float span = -std::log(form.max_period), steps = static_cast<float>(half) - form.frequency_shift;
  for (int64_t row = 0; row < rows; ++row) {
    float* out = embedded.data<float>() + row * form.channels;
    for (int64_t i = 0; i < half; ++i) {
      // In the reference's order of roundings: an angle of 1000 times a frequency shows each of them.
      const float frequency = std::exp(span * static_cast<float>(i) / steps);
      const float angle = form.scale * (values[static_cast<size_t>(row)] * frequency);
      out[form.cosines_first ? i : half + i] = std::cos(angle);
      out[form.cosines_first ? half + i : i] = std::sin(angle);
    }
  }
  return embedded;
}

}  // namespace diptych::models
