// Sines and cosines of a patch's place in its image (Dosovitskiy et al. 2021; MAE's two-dimensional form, He et al.
// 2022).
#pragma once

#include "engine/core/context.h"

namespace diptych::models {

// [lines * columns, width], width a multiple of 4: half of it tells the column, half the line. Whatever the grid,
// places run from 0 to `base` / `interpolation`, as diffusers' get_2d_sincos_pos_embed has it.
Tensor position_table(Context& ctx, int64_t lines, int64_t columns, int64_t width, int64_t base, float interpolation);

}  // namespace diptych::models
