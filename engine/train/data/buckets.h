// Aspect-ratio buckets: sizes of about the same area, so that pictures of a batch have one size and little is cropped.
#pragma once

#include <cstdint>
#include <optional>
#include <vector>

#include "engine/train/data/recipe.h"

namespace diptych::train {

struct PictureSize {
  int64_t width = 0, height = 0;  // pixels
  auto operator<=>(const PictureSize&) const = default;
};

class Buckets {
 public:
  explicit Buckets(const ImageOptions& options);

  // Of no larger area than the resolution, both sides multiples of the step and within the limits; the resolution alone
  // where buckets are off.
  const std::vector<PictureSize>& sizes() const { return sizes_; }

  // The bucket of the most similar shape. Without upscaling: the picture's own size, made smaller where its area is too
  // large, down to multiples of the step; nothing where the picture is smaller than one step.
  std::optional<PictureSize> bucket_of(PictureSize picture) const;

 private:
  ImageOptions options_;
  std::vector<PictureSize> sizes_;
};

// How a picture becomes its bucket: scaled to cover it, mirrored if so drawn, cut out. SDXL is told `original`, the
// cut's corner and `bucket`.
struct Placement {
  PictureSize original, scaled, bucket;
  int64_t crop_left = 0, crop_top = 0;  // pixels of the scaled (and mirrored) picture
  bool flipped = false;
  bool operator==(const Placement&) const = default;
};

// `across` and `down`, 0 to 1, say where the cut lies in what is too much; 0.5 is the middle.
Placement place(PictureSize original, PictureSize bucket, bool flipped, double across = 0.5, double down = 0.5);

}  // namespace diptych::train
