// The arithmetic of putting adapters together, once per scale and not per step: rows of f32 matrices. Sums and
// magnitudes are changed where they are; on meta nothing happens.
#pragma once

#include <span>
#include <vector>

#include "engine/core/context.h"
#include "engine/ops/conv.h"
#include "engine/ops/linear.h"

namespace diptych {

// a [m, k] times b [k, n].
Tensor multiply(Context& ctx, const Tensor& a, const Tensor& b);

// sum[row] += factors[row] * x[row], both [rows, cols].
void add_scaled_rows(Context& ctx, Tensor& sum, const Tensor& x, std::span<const float> factors);
// x[row] *= factors[row]
void scale_rows(Context& ctx, Tensor& x, std::span<const float> factors);
// a *= b, value by value.
void multiply_values(Context& ctx, Tensor& a, const Tensor& b);

// Of w + factor * delta [rows, cols]: the Euclidean norm of each row; of each group of `width` columns, over all rows.
// Zeros on meta.
std::vector<float> row_norms(Context& ctx, const Tensor& w, const Tensor& delta, float factor);
std::vector<float> column_norms(Context& ctx, const Tensor& w, const Tensor& delta, float factor, int64_t width);

// Writes other values [rows, cols], f32 and row-major as a file has them, into a packed plain weight (of a convolution
// where there is a shape): rounded to the weight's type. What computes with it sees them from then on.
void repack(Context& ctx, const Weight& weight, const ConvShape* kernel, const Tensor& values);

// A weight of its own in f32 from such values: a matrix, or a convolution's kernel with `values.dim(0)` rows.
Weight pack_values(Context& ctx, std::string name, const ConvShape* kernel, const Tensor& values);

}  // namespace diptych
