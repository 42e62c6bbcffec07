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
void depthwise_input(ThreadPool& pool, const Tensor& dy, const Tensor& taps, const ConvShape& shape, Tensor& dseen);
void depthwise_taps(ThreadPool& pool, const Tensor& x, const Tensor& dy, const ConvShape& shape,
                    const Upsampling& upsampling, Tensor& dtaps);
void linear_attention_gradients(ThreadPool& pool, const AttentionStream& stream, int64_t rows, const Tensor& dy,
                                AttentionGradients& gradients);
void pixel_shuffle_gradients(ThreadPool& pool, const Tensor& dy, int64_t side, Tensor& dx);
void pixel_unshuffle_gradients(ThreadPool& pool, const Tensor& dy, int64_t side, Tensor& dx);
void combine_experts_gradients(ThreadPool& pool, const Tensor& y, const Tensor& dsum, const ExpertRouting& routing,
                               Tensor& dy, std::span<float> dweights);
void choose_experts_gradients(ThreadPool& pool, const ExpertRouting& routing, std::span<const float> dweights,
                              Tensor& dlogits);

}  // namespace diptych::cpu_ops
