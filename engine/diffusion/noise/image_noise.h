// The noise of a batch: a stream for each image, so that an image does not depend on its neighbours.
#pragma once

#include <memory>
#include <vector>

#include "engine/diffusion/noise/noise_streams.h"

namespace diptych::diffusion {

class ImageNoise final : public NoiseSource {
 public:
  // Image i has the seed first_seed + i * seed_step. `image_values`: of one image's latents. A step of 0 is for
  // variations, whose images differ in another seed.
  ImageNoise(NoiseKind kind, uint64_t first_seed, int64_t images, int64_t image_values, uint64_t seed_step = 1);

  // Of the whole batch, a part from each image's stream.
  void fill_normal(std::span<float> values) override;

 private:
  std::vector<std::unique_ptr<NoiseSource>> streams_;
  size_t image_values_;
};

}  // namespace diptych::diffusion
