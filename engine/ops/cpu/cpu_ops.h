// The entries of the cpu's kernel table: each spreads a kernel's range over the pool. See kernel_table.h for the
// meaning.
#pragma once

#include "engine/ops/kernel_table.h"
#include "kernels/cpu/elementwise.h"

namespace diptych::cpu_ops {

kernels::cpu::Activation kernel_activation(Activation activation);

int64_t packed_bytes(DType dtype, int64_t rows, int64_t cols);
void pack(ThreadPool& pool, DType dtype, const std::byte* source, int64_t rows, int64_t cols, Tensor& packed);
void widen(DType dtype, const std::byte* source, int64_t values, Tensor& y);
void narrow(ThreadPool& pool, const Tensor& x, Tensor& y);
void quantize(ThreadPool& pool, DType from, const std::byte* source, int64_t rows, int64_t cols, DType to,
              Tensor& blocks);
int64_t prepared_row_bytes(DType dtype, int64_t cols);
int activation_format(DType dtype);
void prepare(ThreadPool& pool, DType dtype, const Tensor& x, Tensor& prepared);
void prepare_fine(ThreadPool& pool, DType dtype, const Tensor& x, Tensor& prepared);
void sum_pairs(ThreadPool& pool, std::span<const RowBlock> blocks, const Tensor& pairs, Tensor& y,
               int64_t first_column);
int64_t regrouped_groups(int64_t tokens, int64_t rows, int64_t cols);
void regroup(ThreadPool& pool, const Tensor& x, Tensor& grouped);
int64_t combined_values(std::span<const RowBlock> blocks, int64_t samples, int64_t tokens);
void multiply_halves(ThreadPool& pool, std::span<const RowBlock> blocks, const Tensor& x, int64_t samples,
                     Tensor& combined, Tensor& y, int64_t first_column);
void matmul(ThreadPool& pool, std::span<const RowBlock> blocks, const Tensor& prepared, bool with_bias, Tensor& y,
            int64_t first_column);
void add_product(ThreadPool& pool, const Weight& weight, const Tensor& x, Tensor& y, int64_t first_column);
void scale_columns(ThreadPool& pool, const Tensor& gain, const Tensor& offset, Tensor& y, int64_t first_column);
void choose_experts(ThreadPool& pool, const Tensor& logits, int64_t per_token, bool normalised,
                    std::span<int32_t> chosen, std::span<float> weights);
void combine_experts(ThreadPool& pool, const Tensor& y, int64_t per_token, std::span<const int32_t> places,
                     std::span<const float> weights, Tensor& sum);
void embedding(ThreadPool& pool, const Weight& table, std::span<const int32_t> ids, float scale, Tensor& y);
void rms_norm(ThreadPool& pool, const Tensor& x, const Tensor& weight, float eps, Tensor& y);
void add_rms_norm(ThreadPool& pool, const Tensor& x, const Tensor& y, const Tensor& weight, float eps, Tensor& sum,
                  Tensor& normed);
void layer_norm(ThreadPool& pool, const Tensor& x, const Tensor& weight, const Tensor& bias, float eps, Tensor& y);
void layer_norm_modulate(ThreadPool& pool, const Tensor& x, const Tensor& scale, const Tensor& shift, float eps,
                         Tensor& y);
void gated_add(ThreadPool& pool, const Tensor& x, const Tensor& gate, const Tensor& y, Tensor& sum);
void rope_angles(ThreadPool& pool, std::span<const int32_t> positions, const Rope& rope, RopeAngles& angles);
void axial_rope_angles(ThreadPool& pool, std::span<const float> positions, const AxialRope& rope, RopeAngles& angles);
void rope(ThreadPool& pool, const Tensor& x, const RopeAngles& angles, Tensor& y);
void gated_activation(ThreadPool& pool, const Tensor& x, Activation activation, bool gate_first, Tensor& y);
void activate(ThreadPool& pool, const Tensor& x, Activation activation, Tensor& y);
void add(ThreadPool& pool, const Tensor& x, const Tensor& y, Tensor& sum);
void add_rows(ThreadPool& pool, const Tensor& x, const Tensor& y, Tensor& sum);
void soft_cap(ThreadPool& pool, const Tensor& x, float cap, Tensor& y);
void scale_offset(ThreadPool& pool, const Tensor& x, float scale, float offset, Tensor& y);
void clamp(ThreadPool& pool, const Tensor& x, float low, float high, Tensor& y);
void transpose(ThreadPool& pool, const Tensor& x, Tensor& y);
void copy_rows(ThreadPool& pool, const Tensor& x, std::span<const int32_t> rows, Tensor& y);
void copy_blocks(ThreadPool& pool, const Tensor& x, const BlockCopy& blocks, Tensor& y);
void patchify(ThreadPool& pool, const Tensor& image, const PatchForm& form, Tensor& tokens);
void unpatchify(ThreadPool& pool, const Tensor& tokens, const PatchForm& form, Tensor& image);
void pixel_shuffle(ThreadPool& pool, const Tensor& x, int64_t side, Tensor& y);
void pixel_unshuffle(ThreadPool& pool, const Tensor& x, int64_t side, Tensor& y);
void average_pool(ThreadPool& pool, const Tensor& x, Tensor& y);
void store_kv(ThreadPool& pool, const Tensor& k, const Tensor& v, const KeyValues& pages);
void linear_attention(ThreadPool& pool, const AttentionStream& stream, int64_t rows, Tensor& partial, Tensor& states,
                      Tensor& y);
void attention(ThreadPool& pool, const Tensor& q, const KeyValues& kv, const AttentionOptions& options, Tensor& y);
void reorder_taps(ThreadPool& pool, DType dtype, const std::byte* source, const ConvShape& shape, Tensor& reordered);
void im2col(ThreadPool& pool, const Tensor& x, const ConvShape& shape, const Upsampling& upsampling,
            int64_t first_pixel, Tensor& columns);
void depthwise_conv(ThreadPool& pool, const Tensor& x, const Conv2d& conv, const Upsampling& upsampling, Tensor& y);
void winograd_conv(ThreadPool& pool, const Tensor& x, const Conv2d& conv, const Upsampling& upsampling, Tensor& input,
                   Tensor& scratch, Tensor& y);
void channel_moments(ThreadPool& pool, const Tensor& x, Tensor& moments);
void group_norm_factors(ThreadPool& pool, const Tensor& moments, int64_t pixels, const GroupNormWeights& norm,
                        const GroupNormOptions& options, Tensor& factors);
void scale_channels(ThreadPool& pool, const Tensor& x, const Tensor& factors, bool silu, Tensor& y);
void group_norm(ThreadPool& pool, const Tensor& x, const GroupNormWeights& norm, const GroupNormOptions& options,
                Tensor& moments, Tensor& factors, Tensor& y);

}  // namespace diptych::cpu_ops
