// The cpu's kernels of the way back for images: see gradient_kernels.h.
#pragma once

#include "engine/ops/gradient_kernels.h"

namespace diptych::cpu_ops {

void group_norm_gradients(ThreadPool& pool, const Tensor& x, const Tensor& dy, GroupNormGradients& gradients);
void pack_turned(ThreadPool& pool, const Weight& weight, const ConvShape& shape, int64_t first, int64_t channels,
                 Tensor& packed);
void add_columns(ThreadPool& pool, const Tensor& columns, const ConvShape& shape, const Upsampling& upsampling,
                 int64_t first_pixel, Tensor& dx);
void add_upsampled(ThreadPool& pool, const Tensor& d, const Upsampling& upsampling, Tensor& dx);
void average_pool_gradients(ThreadPool& pool, const Tensor& dy, Tensor& dx);

}  // namespace diptych::cpu_ops
