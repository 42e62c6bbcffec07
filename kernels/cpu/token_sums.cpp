#include "kernels/cpu/token_sums.h"

#include <algorithm>

#include "kernels/cpu/targets.h"

#undef HWY_TARGET_INCLUDE
#define HWY_TARGET_INCLUDE "kernels/cpu/token_sums.cpp"
#include "hwy/foreach_target.h"
// clang-format off
#include "hwy/highway.h"
#include "kernels/cpu/small_product-inl.h"
// clang-format on

HWY_BEFORE_NAMESPACE();
namespace diptych::kernels::cpu::HWY_NAMESPACE {

constexpr int64_t token_run = 256;  // a panel of b stays in the first-level cache while the rows of c pass

void outer_products(const float* a, int64_t a_stride, int64_t m, const float* b, int64_t b_stride, int64_t tokens,
                    int64_t begin, int64_t end, float* c, int64_t c_stride) {
  for (int64_t token = 0; token < tokens; token += token_run) {
    const int64_t count = std::min(token_run, tokens - token);
    add_small_product({a + token * a_stride, 1, a_stride}, b + token * b_stride + begin, b_stride, m, end - begin,
                      count, c + begin, c_stride);
  }
}

void column_sums(const float* x, int64_t x_stride, int64_t tokens, int64_t begin, int64_t end, float* sums) {
  for (int64_t token = 0; token < tokens; ++token) {
    const float* row = x + token * x_stride + begin;
    for_vectors(end - begin, [&](int64_t i, int n) HWY_ATTR {
      float* place = sums + begin + i;
      store_some(hn::Add(load_some(place, n), load_some(row + i, n)), place, n);
    });
  }
}

void product_sums(const float* x, int64_t x_stride, const float* y, int64_t y_stride, int64_t tokens, int64_t begin,
                  int64_t end, float* sums) {
  for (int64_t token = 0; token < tokens; ++token) {
    const float *left = x + token * x_stride + begin, *right = y + token * y_stride + begin;
    for_vectors(end - begin, [&](int64_t i, int n) HWY_ATTR {
      float* place = sums + begin + i;
      store_some(hn::MulAdd(load_some(left + i, n), load_some(right + i, n), load_some(place, n)), place, n);
    });
  }
}

}  // namespace diptych::kernels::cpu::HWY_NAMESPACE
HWY_AFTER_NAMESPACE();

#if HWY_ONCE
namespace diptych::kernels::cpu {

HWY_EXPORT(outer_products);
HWY_EXPORT(column_sums);
HWY_EXPORT(product_sums);

void add_outer_products(const float* a, int64_t a_stride, int64_t m, const float* b, int64_t b_stride, int64_t tokens,
                        int64_t begin, int64_t end, float* c, int64_t c_stride) {
  HWY_DYNAMIC_DISPATCH(outer_products)(a, a_stride, m, b, b_stride, tokens, begin, end, c, c_stride);
}

void add_column_sums(const float* x, int64_t x_stride, int64_t tokens, int64_t begin, int64_t end, float* sums) {
  HWY_DYNAMIC_DISPATCH(column_sums)(x, x_stride, tokens, begin, end, sums);
}

void add_product_sums(const float* x, int64_t x_stride, const float* y, int64_t y_stride, int64_t tokens, int64_t begin,
                      int64_t end, float* sums) {
  HWY_DYNAMIC_DISPATCH(product_sums)(x, x_stride, y, y_stride, tokens, begin, end, sums);
}

}  // namespace diptych::kernels::cpu
#endif
