// The table that names each device's kernels. An op checks shapes, declares its cost, asks the context for its output
// and calls one entry; on meta the entries do nothing, so that memory and cost are computed by the same code.
#pragma once

#include <cstdint>
#include <span>

#include "engine/core/context.h"
#include "engine/ops/activation.h"
#include "engine/ops/attention.h"
#include "engine/ops/conv.h"
#include "engine/ops/group_norm.h"
#include "engine/ops/joint_attention.h"
#include "engine/ops/linear.h"
#include "engine/ops/patch.h"
#include "engine/ops/rope.h"

namespace diptych {

// Blocks of values that lie one after the other; blocks are strides apart in source and target.
struct BlockCopy {
  int64_t values = 0;
  int64_t source_stride = 0, target_offset = 0, target_stride = 0;
};

struct GroupNormWeights {
  const Tensor& weight;  // f32 [channels]
  const Tensor& bias;
  int64_t groups;
  float eps;
};

// Tensors are checked by the op that calls; shapes are those documented with the op.
struct KernelTable {
  int64_t (*packed_bytes)(DType dtype, int64_t rows, int64_t cols);
  void (*pack)(ThreadPool& pool, DType dtype, const std::byte* source, int64_t rows, int64_t cols, Tensor& packed);
  // `values` consecutive values of any storage type, as f32.
  void (*widen)(DType dtype, const std::byte* source, int64_t values, Tensor& y);
  // f32 values rounded to the f16 or bf16 of y, which has the same shape, [rows, cols].
  void (*narrow)(ThreadPool& pool, const Tensor& x, Tensor& y);
  // Rows of a plain type rounded to blocks of another, rows side by side.
  void (*quantize)(ThreadPool& pool, DType from, const std::byte* source, int64_t rows, int64_t cols, DType to,
                   Tensor& blocks);
  // Bytes of one activation row prepared for a weight of this type; 0 where the kernel reads f32 rows as they are.
  int64_t (*prepared_row_bytes)(DType dtype, int64_t cols);
  // Types with equal formats share prepared activations.
  int (*activation_format)(DType dtype);
  void (*prepare)(ThreadPool& pool, DType dtype, const Tensor& x, Tensor& prepared);
  // Twice the rows: each row's second level behind its first; and the sum of such pairs of products.
  void (*prepare_fine)(ThreadPool& pool, DType dtype, const Tensor& x, Tensor& prepared);
  void (*sum_pairs)(ThreadPool& pool, std::span<const RowBlock> blocks, const Tensor& pairs, Tensor& y,
                    int64_t first_column);
  // Groups of 64 columns that f32 activations for weights of `rows` rows are worth regrouping in; 0 where rows are best
  // read as they are. And that: grouped [groups, tokens, 64], which `matmul` then takes.
  int64_t (*regrouped_groups)(int64_t tokens, int64_t rows, int64_t cols);
  void (*regroup)(ThreadPool& pool, const Tensor& x, Tensor& grouped);
  // Values of the workspace that Strassen's method (kernels/cpu/strassen.h) takes for these blocks and samples of
  // `tokens` tokens; 0 where products are best done without. And that product, in place of `matmul`.
  int64_t (*combined_values)(std::span<const RowBlock> blocks, int64_t samples, int64_t tokens);
  void (*multiply_halves)(ThreadPool& pool, std::span<const RowBlock> blocks, const Tensor& x, int64_t samples,
                          Tensor& combined, Tensor& y, int64_t first_column);
  // The blocks share what was prepared; their results stand side by side from `first_column` on.
  void (*matmul)(ThreadPool& pool, std::span<const RowBlock> blocks, const Tensor& prepared, bool with_bias, Tensor& y,
                 int64_t first_column);
  // y[:, first_column …] += x W^T for a plain weight; rows of x may be strided.
  void (*add_product)(ThreadPool& pool, const Weight& weight, const Tensor& x, Tensor& y, int64_t first_column);
  // y[:, first_column …] = gain * y + offset, of as many columns as gain has values; rows of y may be strided.
  void (*scale_columns)(ThreadPool& pool, const Tensor& gain, const Tensor& offset, Tensor& y, int64_t first_column);
  // `chosen` and `weights` [tokens * per_token], see experts.h.
  void (*choose_experts)(ThreadPool& pool, const Tensor& logits, int64_t per_token, bool normalised,
                         std::span<int32_t> chosen, std::span<float> weights);
  void (*combine_experts)(ThreadPool& pool, const Tensor& y, int64_t per_token, std::span<const int32_t> places,
                          std::span<const float> weights, Tensor& sum);
  void (*embedding)(ThreadPool& pool, const Weight& table, std::span<const int32_t> ids, float scale, Tensor& y);
  void (*rms_norm)(ThreadPool& pool, const Tensor& x, const Tensor& weight, float eps, Tensor& y);
  void (*add_rms_norm)(ThreadPool& pool, const Tensor& x, const Tensor& y, const Tensor& weight, float eps, Tensor& sum,
                       Tensor& normed);
  void (*layer_norm)(ThreadPool& pool, const Tensor& x, const Tensor& weight, const Tensor& bias, float eps, Tensor& y);
  void (*layer_norm_modulate)(ThreadPool& pool, const Tensor& x, const Tensor& scale, const Tensor& shift, float eps,
                              Tensor& y);
  void (*gated_add)(ThreadPool& pool, const Tensor& x, const Tensor& gate, const Tensor& y, Tensor& sum);
  void (*rope_angles)(ThreadPool& pool, std::span<const int32_t> positions, const Rope& rope, RopeAngles& angles);
  void (*axial_rope_angles)(ThreadPool& pool, std::span<const float> positions, const AxialRope& rope,
                            RopeAngles& angles);
  void (*rope)(ThreadPool& pool, const Tensor& x, const RopeAngles& angles, Tensor& y);
  void (*gated_activation)(ThreadPool& pool, const Tensor& x, Activation activation, bool gate_first, Tensor& y);
  void (*activate)(ThreadPool& pool, const Tensor& x, Activation activation, Tensor& y);
  void (*add)(ThreadPool& pool, const Tensor& x, const Tensor& y, Tensor& sum);
  void (*add_rows)(ThreadPool& pool, const Tensor& x, const Tensor& y, Tensor& sum);
  void (*soft_cap)(ThreadPool& pool, const Tensor& x, float cap, Tensor& y);
  void (*scale_offset)(ThreadPool& pool, const Tensor& x, float scale, float offset, Tensor& y);
  void (*clamp)(ThreadPool& pool, const Tensor& x, float low, float high, Tensor& y);
  void (*transpose)(ThreadPool& pool, const Tensor& x, Tensor& y);
  void (*copy_rows)(ThreadPool& pool, const Tensor& x, std::span<const int32_t> rows, Tensor& y);
  void (*copy_blocks)(ThreadPool& pool, const Tensor& x, const BlockCopy& blocks, Tensor& y);
  void (*patchify)(ThreadPool& pool, const Tensor& image, const PatchForm& form, Tensor& tokens);
  void (*unpatchify)(ThreadPool& pool, const Tensor& tokens, const PatchForm& form, Tensor& image);
  void (*pixel_shuffle)(ThreadPool& pool, const Tensor& x, int64_t side, Tensor& y);
  void (*pixel_unshuffle)(ThreadPool& pool, const Tensor& x, int64_t side, Tensor& y);
  void (*average_pool)(ThreadPool& pool, const Tensor& x, Tensor& y);
  void (*store_kv)(ThreadPool& pool, const Tensor& k, const Tensor& v, const KeyValues& pages);
  void (*attention)(ThreadPool& pool, const Tensor& q, const KeyValues& kv, const AttentionOptions& options, Tensor& y);
  // partial [rows * heads, chunks, state] and states [rows * heads, state]: scratch.
  void (*linear_attention)(ThreadPool& pool, const AttentionStream& stream, int64_t rows, Tensor& partial,
                           Tensor& states, Tensor& y);
  void (*reorder_taps)(ThreadPool& pool, DType dtype, const std::byte* source, const ConvShape& shape,
                       Tensor& reordered);
  // Rows of `columns`: what pixels `first_pixel` … of the result are made of.
  void (*im2col)(ThreadPool& pool, const Tensor& x, const ConvShape& shape, const Upsampling& upsampling,
                 int64_t first_pixel, Tensor& columns);
  void (*depthwise_conv)(ThreadPool& pool, const Tensor& x, const Conv2d& conv, const Upsampling& upsampling,
                         Tensor& y);
  // winograd_conv: `input` [values of a block's transformed input] and `scratch` [threads, values]: scratch.
  void (*winograd_conv)(ThreadPool& pool, const Tensor& x, const Conv2d& conv, const Upsampling& upsampling,
                        Tensor& input, Tensor& scratch, Tensor& y);
  // x [rows, …, channels] -> moments [rows, chunks, 2, channels] -> factors [rows, 2, channels] -> y, like x
  void (*channel_moments)(ThreadPool& pool, const Tensor& x, Tensor& moments);
  void (*group_norm_factors)(ThreadPool& pool, const Tensor& moments, int64_t pixels, const GroupNormWeights& norm,
                             const GroupNormOptions& options, Tensor& factors);
  void (*scale_channels)(ThreadPool& pool, const Tensor& x, const Tensor& factors, bool silu, Tensor& y);
  // All three; moments and factors: scratch.
  void (*group_norm)(ThreadPool& pool, const Tensor& x, const GroupNormWeights& norm, const GroupNormOptions& options,
                     Tensor& moments, Tensor& factors, Tensor& y);
};

const KernelTable& cpu_kernels();
const KernelTable& meta_kernels();

// The table of the context's device.
const KernelTable& kernel_table(const Context& ctx);

}  // namespace diptych
