// Sines and cosines of a patch's place in its image (Dosovitskiy et al. 2021; MAE's two-dimensional form, He et al.
// 2022).
#pragma once

#include "engine/core/context.h"

namespace diptych::models {

struct PositionForm {
  int64_t width = 0;        // of a row, a multiple of 4: half of it tells the column, half the line
  int64_t base = 1;         // whatever the grid, places run from 0 to base / interpolation
  float interpolation = 1;  // (diffusers' get_2d_sincos_pos_embed)
};

// A part of a square grid of `side` places each way. 0: the grid is the whole.
struct PositionCrop {
  int64_t side = 0, top = 0, left = 0;
};

// [lines * columns, width]
Tensor position_table(Context& ctx, int64_t lines, int64_t columns, const PositionForm& form,
                      const PositionCrop& crop = {});

}  // namespace diptych::models
