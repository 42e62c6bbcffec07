// Pictures as prompts in a run (IP-Adapter, Ye et al. 2023): encoded once, their keys and values are the same at every
// step. The unconditional rows read what stands for no picture, as in diffusers' pipelines.
#pragma once

#include <memory>
#include <vector>

#include "engine/diffusion/image_model.h"
#include "engine/model/image_encoder.h"
#include "engine/model/image_prompt_model.h"

namespace diptych::diffusion {

struct ImagePromptRequest {
  std::shared_ptr<const ImagePromptModel> adapter;
  std::shared_ptr<const ImageEncoder> encoder;
  Tensor pixels;  // f32 [pictures, 3, image_size, image_size], as clip_pixels() makes them; read together
  double scale = 1;
};

// Error (invalid_argument) names the models that do not belong together.
void check_image_prompt(const ImageModel& model, const ImagePromptRequest& request);

class ImagePrompts {
 public:
  ImagePrompts() = default;
  ImagePrompts(Context& ctx, const std::vector<ImagePromptRequest>& requests, bool guided);

  // The first `unconditional` rows of the question are without the prompt.
  void add_to(DenoiserInput& question, int64_t unconditional) const;

 private:
  bool guided_ = false;
  std::vector<ImagePrompt> prompts_;
};

}  // namespace diptych::diffusion
