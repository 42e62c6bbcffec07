// The interface of a network that enlarges pictures.
#pragma once

#include <cstdint>
#include <string>

#include "engine/core/context.h"

namespace diptych {

struct ImageUpscalerInfo {
  std::string architecture;  // "RRDBNet"
  int64_t scale = 4;
  int64_t side_multiple = 1;  // of what it is given
  int64_t parameters = 0;
};

class ImageUpscaler {
 public:
  virtual ~ImageUpscaler() = default;
  virtual const ImageUpscalerInfo& info() const = 0;

  // images [rows, 3, height, width], 0 … 1 -> [rows, 3, height * scale, width * scale], about 0 … 1. Error
  // (invalid_argument): sides that are no multiple of side_multiple.
  virtual Tensor upscale(Context& ctx, const Tensor& images) const = 0;
};

}  // namespace diptych
