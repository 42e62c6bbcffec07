// Normalisations over the last axis, f32.
#pragma once

#include <utility>

#include "engine/core/context.h"

namespace diptych {

// x [..., n] (or [tokens, heads, n] with strided rows of tokens), weight [n]: x / sqrt(mean(x^2) + eps) * weight.
// (Zhang & Sennrich 2019.) Families whose files store the weight less one add it at load.
Tensor rms_norm(Context& ctx, const Tensor& x, const Tensor& weight, float eps);

// s = x + y and rms_norm(s) in one pass: {s, normed}.
std::pair<Tensor, Tensor> add_rms_norm(Context& ctx, const Tensor& x, const Tensor& y, const Tensor& weight, float eps);

// x [..., n], weight and bias [n] or empty: (x - mean) / sqrt(variance + eps) * weight + bias. (Ba et al. 2016.)
Tensor layer_norm(Context& ctx, const Tensor& x, const Tensor& weight, const Tensor& bias, float eps);

}  // namespace diptych
