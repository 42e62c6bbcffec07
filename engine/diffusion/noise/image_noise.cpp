#include "engine/diffusion/noise/image_noise.h"

#include <cassert>

namespace diptych::diffusion {

ImageNoise::ImageNoise(NoiseKind kind, uint64_t first_seed, int64_t images, int64_t image_values, uint64_t seed_step)
    : image_values_(static_cast<size_t>(image_values)) {
  for (int64_t i = 0; i < images; ++i) {
    streams_.push_back(make_noise_source(kind, first_seed + static_cast<uint64_t>(i) * seed_step));
  }
}

void ImageNoise::fill_normal(std::span<float> values) {
  assert(values.size() == image_values_ * streams_.size());
  for (size_t i = 0; i < streams_.size(); ++i) {
    streams_[i]->fill_normal(values.subspan(i * image_values_, image_values_));
  }
}

}  // namespace diptych::diffusion
