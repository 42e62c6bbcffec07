// y = x W^T + bias, with W [rows, cols] packed once for these kernels and x prepared once per batch.
//
// Types: f32, f16, bf16 (f32 arithmetic) and q4_0 q4_1 q5_0 q5_1 q8_0 q4_k q5_k q6_k (8-bit activations with one scale
// per 32 values, integer dot products within a block). One output is the same sequence of float operations whatever
// the number of tokens, the range of rows or the place in the batch: results are bit-identical.
#pragma once

#include <cstddef>
#include <cstdint>

#include "kernels/common/dtype.h"

namespace diptych::kernels::cpu {

// Rows that are packed together: ranges of rows given to these functions begin at multiples of it.
int64_t tile_rows();

// Packed size; at most 3 % above the file's for full tiles. cols must be a multiple of the type's block.
size_t packed_bytes(DType type, int64_t rows, int64_t cols);

// Packs rows [begin, end) of `source` (row-major as in the file, all rows) into `packed` (the whole matrix).
void pack_rows(DType type, const std::byte* source, int64_t rows, int64_t cols, int64_t begin, int64_t end,
               std::byte* packed);

// Rows ids[begin … end) of a packed matrix as f32, exactly the values of the file, into rows [begin, end) of out.
void gather_packed_rows(DType type, const std::byte* packed, int64_t rows, int64_t cols, const int32_t* ids,
                        int64_t begin, int64_t end, float* out, int64_t out_stride);

// How the activations of a weight's type are prepared. With f32 the rows are read as they are.
enum class ActivationFormat { f32, int8_blocks };
ActivationFormat activation_format(DType type);
size_t activation_bytes(DType type, int64_t cols);  // of one row

// Prepares rows [begin, end) of x (x_stride values apart) into rows [begin, end) of out (activation_bytes apart).
void prepare_activations(DType type, const float* x, int64_t x_stride, int64_t cols, int64_t begin, int64_t end,
                         std::byte* out);

// For block types, twice as many rows: row 2r holds row r as above, row 2r + 1 what its rounding left. The products of
// both, added by sum_pairs(), are as if activations had 15 bits.
void prepare_fine_activations(DType type, const float* x, int64_t x_stride, int64_t cols, int64_t begin, int64_t end,
                              std::byte* out);
// y[r] = pairs[2r] + pairs[2r + 1] + bias (may be null) for rows [begin, end) of n values.
void sum_pairs(const float* pairs, int64_t n, int64_t begin, int64_t end, const float* bias, float* y,
               int64_t y_stride);

// Outputs [row_begin, row_end) of every token: y[t * y_stride + r] = dot + bias[r] (bias may be null). `prepared` holds
// `tokens` rows, activation_bytes apart; row_begin is a multiple of tile_rows(), row_end one too or `rows`.
void matmul(DType type, const std::byte* packed, int64_t rows, int64_t cols, const std::byte* prepared, int64_t tokens,
            int64_t row_begin, int64_t row_end, const float* bias, float* y, int64_t y_stride);

// Tiles of tile_rows() rows that ranges for many tokens should have at most. Their weights stay in the second-level
// cache while panels of tokens pass; kernels that widen a panel beforehand keep that there in its place, and the more
// rows share it the better (q8_0 with AVX2: 8 tiles 147 GOP/s, 32 tiles 151).
int64_t tiles_of_range(DType type);

// y[t * y_stride + r] = dot, or += dot, for f32, f16 and bf16 weights, whose x is not prepared: rows are x_stride
// values apart.
void strided_matmul(DType type, const std::byte* packed, int64_t rows, int64_t cols, const float* x, int64_t x_stride,
                    int64_t tokens, int64_t row_begin, int64_t row_end, float* y, int64_t y_stride, bool add);

// For the same types and many tokens, activations as [columns / 64][tokens][64] with zeros behind the last column: what
// is read together stands together.
inline constexpr int64_t regrouped_columns = 64;
inline constexpr int64_t regrouped_groups(int64_t cols) {
  return (cols + regrouped_columns - 1) / regrouped_columns;
}

// Whether a product is sooner done with regrouped activations, regrouping included. Twelve rows are read at once with
// AVX-512: as they are, they take a register each, and where they lie a multiple of 4 KiB apart the first-level cache
// has no room for them (measured: 2 to 3 % of the time, with 3072 columns 10 %). Other targets read six at most and
// gain from 1024 tokens on (with AVX2 640 x 640, 4096 tokens: 92 to 104 GFLOP/s; 1280 x 5120, 1024 tokens: 102 to 107).
bool pays_regrouping(int64_t tokens, int64_t rows);

// Tokens [begin, end) of x, x_stride values apart, into `out`, which is made for `tokens`.
void regroup(const float* x, int64_t x_stride, int64_t cols, int64_t tokens, int64_t begin, int64_t end, float* out);

// As matmul() for tokens [token_begin, token_end) of `tokens` regrouped ones; y is the row of token_begin. Or
// y[t * y_stride + r] += dot; the bits are matmul()'s.
void regrouped_matmul(DType type, const std::byte* packed, int64_t rows, int64_t cols, const float* regrouped,
                      int64_t tokens, int64_t token_begin, int64_t token_end, int64_t row_begin, int64_t row_end,
                      const float* bias, float* y, int64_t y_stride, bool add);

}  // namespace diptych::kernels::cpu
