#include "engine/diffusion/solvers/sample_limit.h"

#include <algorithm>
#include <cassert>
#include <cmath>
#include <vector>

namespace diptych::diffusion {
namespace {

// Linear between the two nearest ranks, as torch.quantile does by default.
float quantile_of_absolute(std::span<const float> values, float quantile) {
  std::vector<float> sorted(values.begin(), values.end());
  for (float& value : sorted) value = std::fabs(value);
  std::sort(sorted.begin(), sorted.end());
  const float rank = quantile * static_cast<float>(sorted.size() - 1);
  const float below = std::floor(rank);
  const float low = sorted[static_cast<size_t>(below)], high = sorted[static_cast<size_t>(std::ceil(rank))];
  const float weight = rank - below;
  return weight < 0.5f ? low + weight * (high - low) : high - (high - low) * (1.0f - weight);
}

}  // namespace

void SampleLimit::apply(std::span<float> sample) const {
  if (threshold) {
    assert(batch > 0 && sample.size() % static_cast<size_t>(batch) == 0);
    const size_t values = sample.size() / static_cast<size_t>(batch);
    for (size_t begin = 0; values > 0 && begin < sample.size(); begin += values) {
      const std::span<float> image = sample.subspan(begin, values);
      const float limit = std::min(std::max(quantile_of_absolute(image, threshold_quantile), 1.0f), threshold_max);
      for (float& value : image) value = std::min(std::max(value, -limit), limit) / limit;
    }
  } else if (clip) {
    for (float& value : sample) value = std::min(std::max(value, -clip_range), clip_range);
  }
}

}  // namespace diptych::diffusion
