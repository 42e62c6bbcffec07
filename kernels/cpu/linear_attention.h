// Linear attention with ReLU as feature map (Katharopoulos et al. 2020), one head, f32.
#pragma once

#include <cstdint>

namespace diptych::kernels::cpu {

// state [head_dim + 1, head_dim]: row i the sum of relu(k_i) v over the tokens, the last row the sum of relu(k). k and
// v [tokens, head_dim], rows the strides apart. Tokens are summed one by one.
void relu_attention_state(const float* k, int64_t k_stride, const float* v, int64_t v_stride, int64_t tokens,
                          int64_t head_dim, float* state);

// y = relu(q) S / (relu(q) z + eps) of one token, with S and z a state's rows. q and y [head_dim].
void relu_attention_apply(const float* q, const float* state, int64_t head_dim, float eps, float* y);

}  // namespace diptych::kernels::cpu
