// Pictures of a batch, put together as a denoiser reads them.
#pragma once

#include <span>

#include "engine/diffusion/condition/conditioning.h"
#include "engine/model/denoiser.h"
#include "engine/train/data/buckets.h"

namespace diptych::train {

// [1, …] each, of one shape -> [n, …]
Tensor stacked(Context& ctx, std::span<const Tensor> rows);
// Texts of fewer tokens than the longest get zeros behind, which lengths tell apart.
diffusion::Conditioning stacked(Context& ctx, std::span<const diffusion::Conditioning> rows);

// What a denoiser is told of them beside sample and timesteps: texts, and with SDXL and PixArt alpha the pictures'
// sizes and cuts (Podell et al. 2023, section 2.2). Distilled guidance is 1, as sd-scripts trains FLUX.
DenoiserInput denoiser_input(Context& ctx, const diffusion::ImageModel& model, const diffusion::Conditioning& texts,
                             std::span<const Placement> placements);

}  // namespace diptych::train
