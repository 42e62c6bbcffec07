#include "kernels/cpu/linear_attention.h"

#include <algorithm>

#include "kernels/cpu/targets.h"

#undef HWY_TARGET_INCLUDE
#define HWY_TARGET_INCLUDE "kernels/cpu/linear_attention.cpp"
#include "hwy/foreach_target.h"
// clang-format off
#include "hwy/highway.h"
#include "kernels/cpu/vectors-inl.h"
// clang-format on

HWY_BEFORE_NAMESPACE();
namespace diptych::kernels::cpu::HWY_NAMESPACE {

HWY_INLINE void add_product(float factor, const float* x, int64_t count, float* sum) {
  const VF f = hn::Set(F32(), factor);
  for_vectors(count, [&](int64_t i, int n) HWY_ATTR {
    store_some(hn::MulAdd(f, load_some(x + i, n), load_some(sum + i, n)), sum + i, n);
  });
}

void sum_state(const float* k, int64_t k_stride, const float* v, int64_t v_stride, int64_t tokens, int64_t head_dim,
               float* state) {
  float* key_sums = state + head_dim * head_dim;
  std::fill_n(state, head_dim * (head_dim + 1), 0.0f);
  for (int64_t t = 0; t < tokens; ++t) {
    const float *key = k + t * k_stride, *value = v + t * v_stride;
    for (int64_t i = 0; i < head_dim; ++i) {
      if (!(key[i] > 0)) continue;
      add_product(key[i], value, head_dim, state + i * head_dim);
      key_sums[i] += key[i];
    }
  }
}

void apply_state(const float* q, const float* state, int64_t head_dim, float eps, float* y) {
  const float* key_sums = state + head_dim * head_dim;
  std::fill_n(y, head_dim, 0.0f);
  float norm = 0;
  for (int64_t i = 0; i < head_dim; ++i) {
    if (!(q[i] > 0)) continue;
    add_product(q[i], state + i * head_dim, head_dim, y);
    norm += q[i] * key_sums[i];
  }
  const VF factor = hn::Set(F32(), 1.0f / (norm + eps));
  for_vectors(head_dim, [&](int64_t i, int n) HWY_ATTR { store_some(hn::Mul(load_some(y + i, n), factor), y + i, n); });
}

}  // namespace diptych::kernels::cpu::HWY_NAMESPACE
HWY_AFTER_NAMESPACE();

#if HWY_ONCE
namespace diptych::kernels::cpu {

HWY_EXPORT(sum_state);
HWY_EXPORT(apply_state);

void relu_attention_state(const float* k, int64_t k_stride, const float* v, int64_t v_stride, int64_t tokens,
                          int64_t head_dim, float* state) {
  HWY_DYNAMIC_DISPATCH(sum_state)(k, k_stride, v, v_stride, tokens, head_dim, state);
}

void relu_attention_apply(const float* q, const float* state, int64_t head_dim, float eps, float* y) {
  HWY_DYNAMIC_DISPATCH(apply_state)(q, state, head_dim, eps, y);
}

}  // namespace diptych::kernels::cpu
#endif
