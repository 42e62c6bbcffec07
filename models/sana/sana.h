// The transformer of Sana (Xie et al. 2024) and Sana-Sprint (Chen et al. 2025): linear attention over the latents of a
// deep autoencoder.
#pragma once

#include "engine/model/registry.h"

namespace diptych::models {

// From a folder of diffusers' SanaTransformer2DModel. What its pipelines multiply by timestep_scale and
// guidance_embeds_scale of config.json comes multiplied.
std::unique_ptr<Denoiser> load_sana(Context& ctx, const ModelSource& source, const LoadOptions& options);

}  // namespace diptych::models
