// Products of many tokens with f32, f16 or bf16 weights by one level of Strassen's method (Strassen, "Gaussian
// elimination is not optimal", 1969): tokens, columns and rows are halved, and seven products of halves take the place
// of eight. Halves are added while activations are regrouped and weights widened, and a product goes to both of its
// places from registers (Huang et al., "Strassen's algorithm reloaded", 2016), so that no product is held by itself.
//
// A token is paired with the one half a sample further on, so a result depends on its own sample, and on no other: it
// is the same bit by bit whatever the number of samples and the ranges of tokens and rows. Its error is bounded by the
// largest values of the matrices, not row by row (Higham 2002, section 23.2.2): with normally distributed values 6e-7
// to 9e-7 of the result's norm, where the plain product has 4e-7.
#pragma once

#include <cstddef>
#include <cstdint>

#include "kernels/common/dtype.h"

namespace diptych::kernels::cpu {

// Whether it is the sooner way, for samples of `tokens` tokens and weights of `rows` rows in all: what it costs to add
// halves is shared by all rows.
bool pays_strassen(int64_t tokens, int64_t rows, int64_t cols);

// Whether a weight can be halved: a plain type, rows a multiple of 32 and cols of 128.
bool takes_strassen(DType type, int64_t rows, int64_t cols);

// Columns of a half that are multiplied together, a run of them after the other: a multiple of 64, less in the last
// run. With more, their weights would not stay in the second-level cache; with fewer, results are added to more often.
inline constexpr int64_t longest_strassen_run = 640;
int64_t strassen_run(int64_t cols);

// The seven sums of halves of x [samples * tokens, cols] of a run of columns, rows side by side: as [7][run /
// 64][samples
// * tokens / 2][64].
int64_t strassen_values(int64_t samples, int64_t tokens, int64_t cols);

// Of the run of columns from `col` on and the pairs of tokens [begin, end) of samples * tokens / 2; `tokens` is even.
void strassen_combine(const float* x, int64_t samples, int64_t tokens, int64_t cols, int64_t col, int64_t begin,
                      int64_t end, float* out);

struct StrassenProduct {
  DType type;
  const std::byte* packed;  // the whole matrix
  int64_t rows, cols, col;  // the run of columns from `col` on
  const float* combined;    // from strassen_combine()
  int64_t samples, tokens;
  const float* bias;  // [rows], or null
  float* y;           // [samples * tokens, rows], y_stride apart
  int64_t y_stride;
};

// The pairs of tokens [token_begin, token_end) of samples * tokens / 2 and the pairs of rows [row_begin, row_end) of
// rows / 2, from multiples of tile_rows() on: y = x W^T + bias once all runs are done, from the first on.
void strassen_matmul(const StrassenProduct& product, int64_t token_begin, int64_t token_end, int64_t row_begin,
                     int64_t row_end);

}  // namespace diptych::kernels::cpu
