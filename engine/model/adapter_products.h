// The products of small factors that adapters are made of, computed once when an adapter is put on; on meta shapes
// alone.
#pragma once

#include "engine/core/context.h"

namespace diptych {

struct Factors {
  Tensor a, b;  // f32 [rows, rank], [rank, cols]
};

// core [i, j * taps] and b [j, channels] -> [i, channels * taps]: the sum over j of core[i, j, tap] b[j, channel].
Tensor through_core(Context& ctx, const Tensor& core, const Tensor& b);

// (a1 b1) * (a2 b2), value by value, = a b, where column i * r2 + j of a is the product of columns i of a1 and j of a2,
// and rows of b likewise.
Factors hadamard_factors(Context& ctx, const Factors& first, const Factors& second);

// [m, n] and [p, q] -> [m p, n q]
Tensor kronecker(Context& ctx, const Tensor& a, const Tensor& b);

Tensor identity(Context& ctx, int64_t n);

}  // namespace diptych
