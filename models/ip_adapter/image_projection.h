// From what an image encoder says to tokens like those of a text: the first half of an IP-Adapter, after diffusers'
// ImageProjection, IPAdapterFullImageProjection and IPAdapterPlusImageProjection (a perceiver, Alayrac et al. 2022).
#pragma once

#include <memory>

#include "engine/model/weight_loader.h"

namespace diptych::models {

class ImageProjection {
 public:
  virtual ~ImageProjection() = default;
  virtual Tensor forward(Context& ctx, const Tensor& pictures) const = 0;  // -> [rows, tokens, text_width]

  const char* architecture = "";
  int64_t image_width = 0;
  bool reads_hidden_states = true;  // [rows, n, image_width]; otherwise [rows, image_width]
};

// Of the weights below image_proj. Error: invalid_file, unsupported (other forms).
std::unique_ptr<ImageProjection> load_image_projection(WeightLoader& weights, const WeightFile& file,
                                                       int64_t text_width);

}  // namespace diptych::models
