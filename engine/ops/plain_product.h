// Products of f32 activations with weights in f32, f16 or bf16.
#pragma once

#include <span>

#include "engine/ops/linear.h"

namespace diptych {

// y[:, first_column …] [tokens, rows of all blocks] = x W^T + bias with x [tokens, cols], whose columns are regrouped
// in the workspace where that pays (kernels/cpu/matmul.h), or added in halves where the context knows whose tokens they
// are and Strassen's method pays (kernels/cpu/strassen.h). Nothing is declared or recorded: part of an op.
void plain_product(Context& ctx, const Tensor& x, std::span<const RowBlock> blocks, Tensor& y, int64_t first_column);

// The multiplications and additions of that, without those of halves.
double plain_product_flops(Context& ctx, const Tensor& x, std::span<const RowBlock> blocks);

}  // namespace diptych
