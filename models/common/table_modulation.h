// PixArt's "adaLN-single" (Chen et al. 2023, section 2.3): one layer makes the parts for all blocks, each block adds a
// table of its own. Sana and Wan have it, too.
#pragma once

#include "engine/ops/elementwise.h"
#include "models/common/modulation.h"

namespace diptych::models {

// parts [rows, n * width] + table [n, width], for every row
inline Modulation table_modulation(Context& ctx, const Tensor& parts, const Tensor& table) {
  return {add_rows(ctx, parts, table.reshape({1, table.elements()})), table.dim(1)};
}

// In front of the output: table [2, width], shift and scale, to both of which the condition [rows, width] is added.
inline Tensor table_norm(Context& ctx, const Tensor& x, const Tensor& condition, const Tensor& table, float eps) {
  const Tensor shift = add_rows(ctx, condition, table.slice(0, 0, 1)),
               scale = add_rows(ctx, condition, table.slice(0, 1, 2));
  return layer_norm_modulate(ctx, x, scale, shift, eps);
}

}  // namespace diptych::models
