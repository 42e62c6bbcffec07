// The interface of an image encoder: what a picture shows, as vectors (the other half of CLIP, Radford et al. 2021).
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "engine/core/context.h"

namespace diptych {

struct ImageEncoderInfo {
  std::string architecture;  // "clip_vision_model"
  int64_t image_size = 0;    // height and width of the pictures that it reads
  int64_t tokens = 0;        // one for each patch, and one for the whole
  int64_t layers = 0, hidden = 0;
  int64_t projection = 0;  // width of the projected picture; 0: there is none
  int64_t parameters = 0;
};

struct ImageEncoding {
  // Where they were asked for: 0 what the first layer reads, i the output of layer i. Each [rows, tokens, hidden].
  std::vector<Tensor> hidden_states;
  Tensor last;       // [rows, tokens, hidden], in front of the last norm
  Tensor pooled;     // [rows, hidden]: the whole, behind the last norm
  Tensor projected;  // [rows, projection], or empty
};

class ImageEncoder {
 public:
  virtual ~ImageEncoder() = default;
  virtual const ImageEncoderInfo& info() const = 0;
  // pixels [rows, 3, image_size, image_size], normalised as clip_pixels() does. Error (invalid_argument): another
  // shape.
  virtual ImageEncoding forward(Context& ctx, const Tensor& pixels, bool with_hidden_states = false) const = 0;
};

}  // namespace diptych
