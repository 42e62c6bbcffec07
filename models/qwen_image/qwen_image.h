// The transformer of Qwen-Image (Wu et al. 2025): an MMDiT whose text are a language model's hidden states; positions
// count from the middle of the image.
#pragma once

#include "engine/model/registry.h"

namespace diptych::models {

// From a folder of diffusers' QwenImageTransformer2DModel. Timesteps are 0 … 1: the network itself multiplies them by
// 1000.
std::unique_ptr<Denoiser> load_qwen_image(Context& ctx, const ModelSource& source, const LoadOptions& options);

}  // namespace diptych::models
