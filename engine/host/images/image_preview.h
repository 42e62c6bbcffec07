// The latest latents of a run as a small picture.
#pragma once

#include <cstdint>
#include <mutex>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "engine/io/images/image.h"

namespace diptych::host {

// latents [channels, height, width] -> [height, width, 3]: their three principal components (Pearson 1901), spread over
// the range of a byte. No family's colours, but its shapes and light, whatever the autoencoder.
Image8 principal_components(std::span<const float> latents, int64_t channels, int64_t height, int64_t width);
// By a linear map [3, channels + 1], the constant last, to colours of 0 … 1.
Image8 mapped_latents(std::span<const float> latents, std::span<const float> map, int64_t channels, int64_t height,
                      int64_t width);

// Between the device's thread, which only copies, and the connection that wants to see.
class ImagePreview {
 public:
  // The number of this preview, from 1.
  int64_t set(std::span<const float> latents, int64_t channels, int64_t height, int64_t width,
              std::span<const float> map = {});
  struct Encoded {
    int64_t number = 0;
    std::string png;
  };
  std::optional<Encoded> encode() const;  // none yet

 private:
  mutable std::mutex mutex_;
  std::vector<float> latents_, map_;
  int64_t channels_ = 0, height_ = 0, width_ = 0, number_ = 0;
};

}  // namespace diptych::host
