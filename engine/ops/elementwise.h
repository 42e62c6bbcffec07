// Elementwise ops and row selection, f32.
#pragma once

#include <cstdint>
#include <span>

#include "engine/core/context.h"

namespace diptych {

Tensor add(Context& ctx, const Tensor& x, const Tensor& y);  // same shape
// x [k * rows, n] + y [rows, n], whose rows are taken in turn.
Tensor add_rows(Context& ctx, const Tensor& x, const Tensor& y);
Tensor soft_cap(Context& ctx, const Tensor& x, float cap);  // cap * tanh(x / cap)

Tensor scale_offset(Context& ctx, const Tensor& x, float scale, float offset);  // x * scale + offset
Tensor clamp(Context& ctx, const Tensor& x, float low, float high);

Tensor transpose(Context& ctx, const Tensor& x);  // [m, n] -> [n, m]

// Rows of x [tokens, n], in the order given.
Tensor gather_rows(Context& ctx, const Tensor& x, std::span<const int32_t> rows);

}  // namespace diptych
