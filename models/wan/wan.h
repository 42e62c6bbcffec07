// The transformer of Wan 2.1 (Wan team 2025), text to video: a DiT over frames, lines and columns that reads a text by
// cross-attention.
#pragma once

#include "engine/model/registry.h"

namespace diptych::models {

// From a folder of diffusers' WanTransformer3DModel. Samples are [rows, channels, frames, height, width].
std::unique_ptr<Denoiser> load_wan(Context& ctx, const ModelSource& source, const LoadOptions& options);

}  // namespace diptych::models
