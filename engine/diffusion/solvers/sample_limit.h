// Limits on the predicted clean sample, as pixel models were trained with: clipping to a fixed range, or dynamic
// thresholding (Saharia et al. 2022): clamp to a quantile of the absolute values and divide by it.
#pragma once

#include <span>

namespace diptych::diffusion {

struct SampleLimit {
  bool clip = false;
  float clip_range = 1;
  bool threshold = false;  // wins over clip
  float threshold_quantile = 0.995f;
  float threshold_max = 1;
  int batch = 1;  // each image has its own quantile

  void apply(std::span<float> sample) const;  // [batch, values]
};

}  // namespace diptych::diffusion
