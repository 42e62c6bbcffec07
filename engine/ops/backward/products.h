// Products with gradients: what the way back through matrices is made of.
#pragma once

#include "engine/ops/linear.h"

namespace diptych {

// dx [tokens, cols] += dy W, with dy [tokens, rows], whose rows may be strided. The weight is transposed some rows at a
// time; a quantized one is never expanded whole.
void add_times_weight(Context& ctx, const Tensor& dy, const Weight& weight, Tensor dx);

// dw [rows, cols] += dy^T x, with dy [tokens, rows] and x [tokens, cols], rows may be strided.
void add_weight_gradient(Context& ctx, const Tensor& dy, const Tensor& x, Tensor dw);

Tensor zeros(Context& ctx, const Shape& shape, Owner owner = Owner::workspace);

}  // namespace diptych
