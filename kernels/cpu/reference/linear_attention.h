// Plain twins of linear_attention.h.
#pragma once

#include <cstdint>

namespace diptych::kernels::cpu::reference {

template <typename T>
void relu_attention_state(const T* k, int64_t k_stride, const T* v, int64_t v_stride, int64_t tokens, int64_t head_dim,
                          T* state) {
  for (int64_t i = 0; i < head_dim * (head_dim + 1); ++i) state[i] = 0;
  for (int64_t t = 0; t < tokens; ++t) {
    for (int64_t i = 0; i < head_dim; ++i) {
      const T key = k[t * k_stride + i] > 0 ? k[t * k_stride + i] : 0;
      for (int64_t j = 0; j < head_dim; ++j) state[i * head_dim + j] += key * v[t * v_stride + j];
      state[head_dim * head_dim + i] += key;
    }
  }
}

template <typename T>
void relu_attention_apply(const T* q, const T* state, int64_t head_dim, T eps, T* y) {
  T norm = eps;
  for (int64_t j = 0; j < head_dim; ++j) y[j] = 0;
  for (int64_t i = 0; i < head_dim; ++i) {
    const T query = q[i] > 0 ? q[i] : 0;
    norm += query * state[head_dim * head_dim + i];
    for (int64_t j = 0; j < head_dim; ++j) y[j] += query * state[i * head_dim + j];
  }
  for (int64_t j = 0; j < head_dim; ++j) y[j] /= norm;
}

}  // namespace diptych::kernels::cpu::reference
