// The kernels of the way back, as kernel_table.h names those of the way there. On meta they do nothing. What they come
// to is added to the last arguments.
#pragma once

#include <cstdint>
#include <span>

#include "engine/core/context.h"
#include "engine/ops/activation.h"
#include "engine/ops/attention.h"
#include "engine/ops/conv.h"
#include "engine/ops/experts.h"
#include "engine/ops/joint_attention.h"
#include "engine/ops/linear.h"

namespace diptych {

struct NormGradients {
  Tensor dx;              // like x; empty: not wanted, as the others
  Tensor dweight, dbias;  // [n]
  Tensor weight_sums;     // scratch of those, [chunks, n] each, zeros
  Tensor bias_sums;
};

// Rows of tokens whose share of a weight's gradient is summed by one thread.
inline constexpr int64_t norm_gradient_chunk = 64;

struct AttentionGradients {
  Tensor dq, dk, dv;  // like q, k and v; empty: not wanted
};

// Group norm's, for x [rows, …, channels] with norms of its own: factors [rows, 2, channels] are those of a weight of
// one and no bias.
struct GroupNormGradients {
  Tensor factors, weight, bias;
  int64_t groups = 1;
  bool silu = false;
  Tensor sums;            // scratch, zeros: [rows, chunks, 3, channels]
  Tensor dx;              // like x
  Tensor dweight, dbias;  // [channels]; empty: not wanted
  Tensor dshift;          // [rows, channels]; the same
};

struct GradientKernels {
  void (*clear)(ThreadPool& pool, Tensor& x);  // zeros
  // x [depth, n], rows may be strided -> packed f32 weight [n, depth]
  void (*pack_columns)(ThreadPool& pool, const Tensor& x, Tensor& packed);
  // Rows [first, first + depth) of a weight -> packed f32 weight [cols, depth]
  void (*pack_transposed)(ThreadPool& pool, const Weight& weight, int64_t first, int64_t depth, Tensor& packed);
  // c [m, n] += a^T b; a [tokens, m], b [tokens, n], rows may be strided
  void (*add_outer_products)(ThreadPool& pool, const Tensor& a, const Tensor& b, Tensor& c);
  void (*add_column_sums)(ThreadPool& pool, const Tensor& x, Tensor& sums);  // x [tokens, n], rows may be strided
  // y += factor x, of the same shape, both with neighbours along the last axis
  void (*add_scaled)(ThreadPool& pool, const Tensor& x, float factor, Tensor& y);
  // y[rows[i]] += factor x[i]
  void (*add_to_rows)(ThreadPool& pool, const Tensor& x, std::span<const int32_t> rows, float factor, Tensor& y);
  void (*rms_norm)(ThreadPool& pool, const Tensor& x, const Tensor& weight, float eps, const Tensor& dy,
                   NormGradients& gradients);
  // weight [n] or empty; `offset` is added to it
  void (*layer_norm)(ThreadPool& pool, const Tensor& x, const Tensor& weight, float offset, float eps, const Tensor& dy,
                     NormGradients& gradients);
  void (*activate)(ThreadPool& pool, const Tensor& x, Activation activation, const Tensor& dy, Tensor& dx);
  void (*gated_activation)(ThreadPool& pool, const Tensor& x, Activation activation, bool gate_first, const Tensor& dy,
                           Tensor& dx);
  void (*soft_cap)(ThreadPool& pool, const Tensor& x, float cap, const Tensor& dy, Tensor& dx);
  // kv: contiguous keys, of sequences that share none
  void (*attention)(ThreadPool& pool, const Tensor& q, const KeyValues& kv, const AttentionOptions& options,
                    const Tensor& dy, AttentionGradients& gradients);
  // sums [n] += the sum over rows of x * y, both [tokens, n], rows may be strided
  void (*add_product_sums)(ThreadPool& pool, const Tensor& x, const Tensor& y, Tensor& sums);
  void (*group_norm)(ThreadPool& pool, const Tensor& x, const Tensor& dy, GroupNormGradients& gradients);
  // The weight of the convolution that takes gradients back, for input channels from `first` on, a multiple of 16:
  // packed f32 [channels, taps * out_channels]
  void (*pack_turned)(ThreadPool& pool, const Weight& weight, const ConvShape& shape, int64_t first, int64_t channels,
                      Tensor& packed);
  // Rows of columns for the result's pixels `first_pixel` … -> dx, like x
  void (*add_columns)(ThreadPool& pool, const Tensor& columns, const ConvShape& shape, const Upsampling& upsampling,
                      int64_t first_pixel, Tensor& dx);
  // d [rows, height, width, channels] of an upsampled image -> dx of the image
  void (*add_upsampled)(ThreadPool& pool, const Tensor& d, const Upsampling& upsampling, Tensor& dx);
  void (*average_pool)(ThreadPool& pool, const Tensor& dy, Tensor& dx);
  // Of depthwise convolutions: dseen [rows, height, width, channels], of the image that the kernel sees; dtaps [taps,
  // channels]
  void (*depthwise_input)(ThreadPool& pool, const Tensor& dy, const Tensor& taps, const ConvShape& shape,
                          Tensor& dseen);
  void (*depthwise_taps)(ThreadPool& pool, const Tensor& x, const Tensor& dy, const ConvShape& shape,
                         const Upsampling& upsampling, Tensor& dtaps);
  void (*linear_attention)(ThreadPool& pool, const AttentionStream& stream, int64_t rows, const Tensor& dy,
                           AttentionGradients& gradients);
  void (*pixel_shuffle)(ThreadPool& pool, const Tensor& dy, int64_t side, Tensor& dx);
  void (*pixel_unshuffle)(ThreadPool& pool, const Tensor& dy, int64_t side, Tensor& dx);
  // dy [choices, n] or empty; dweights [choices] are written, in the order of routing.weights
  void (*combine_experts)(ThreadPool& pool, const Tensor& y, const Tensor& dsum, const ExpertRouting& routing,
                          Tensor& dy, std::span<float> dweights);
  void (*choose_experts)(ThreadPool& pool, const ExpertRouting& routing, std::span<const float> dweights,
                         Tensor& dlogits);
  // Each row's logits become the gradient of its loss, times its factor; losses[row] = factor * (log sum e^logit -
  // logit of the label). f32 [rows, n], factors and losses f32 [rows].
  void (*softmax_cross_entropy)(ThreadPool& pool, std::span<const int32_t> labels, const Tensor& factors,
                                Tensor& logits, Tensor& losses);
  // losses[row] = factors[row] * mean((x[row] - target[row])^2), summed in f64
  void (*squared_errors)(ThreadPool& pool, const Tensor& x, const Tensor& target, const Tensor& factors,
                         Tensor& losses);
  // dx += their gradient: 2 factors[row] / n * (x - target), rows of n values
  void (*add_error_gradients)(ThreadPool& pool, const Tensor& x, const Tensor& target, const Tensor& factors,
                              Tensor& dx);
};

const GradientKernels& gradient_kernels(const Context& ctx);
const GradientKernels& cpu_gradient_kernels();

}  // namespace diptych
