// Sums over tokens: the gradients of what all tokens share, f32. They are added to what is there, in the order of the
// tokens.
#pragma once

#include <cstdint>

namespace diptych::kernels::cpu {

// c [m, n], columns [begin, end) of them, += a^T b with a [tokens, m] and b [tokens, n], rows so many values apart. For
// small m: low-rank factors.
void add_outer_products(const float* a, int64_t a_stride, int64_t m, const float* b, int64_t b_stride, int64_t tokens,
                        int64_t begin, int64_t end, float* c, int64_t c_stride);

// sums [n], columns [begin, end) of them, += the sum of the rows of x [tokens, n].
void add_column_sums(const float* x, int64_t x_stride, int64_t tokens, int64_t begin, int64_t end, float* sums);

// sums [n], columns [begin, end) of them, += the sum over rows of x * y, both [tokens, n].
void add_product_sums(const float* x, int64_t x_stride, const float* y, int64_t y_stride, int64_t tokens, int64_t begin,
                      int64_t end, float* sums);

}  // namespace diptych::kernels::cpu
