// Plain twin of attention.h: one query after the other, the softmax over all its keys at once.
#pragma once

#include <algorithm>
#include <cmath>
#include <cstdint>
#include <vector>

#include "kernels/common/half.h"
#include "kernels/cpu/attention.h"

namespace diptych::kernels::cpu::reference {

inline float stored_value(DType type, const void* page, int64_t index) {
  return type == DType::f16 ? f16_to_f32(static_cast<const uint16_t*>(page)[index])
                            : static_cast<const float*>(page)[index];
}

inline float stored_key(const KvPages& pages, int64_t position, int head, int dim) {
  const KvLayout& layout = pages.layout;
  const int64_t token = position % layout.block_tokens, group = token / kv_lanes;
  const int64_t groups = layout.block_tokens / kv_lanes;
  return stored_value(layout.type, pages.keys[position / layout.block_tokens],
                      ((head * groups + group) * layout.head_dim + dim) * kv_lanes + token % kv_lanes);
}

inline float stored_value_of(const KvPages& pages, int64_t position, int head, int dim) {
  const KvLayout& layout = pages.layout;
  const int64_t token = position % layout.block_tokens;
  return stored_value(layout.type, pages.values[position / layout.block_tokens],
                      (static_cast<int64_t>(head) * layout.block_tokens + token) * layout.head_dim + dim);
}

// One query at `position`, head `head`: q [head_dim] -> y [head_dim].
template <typename T>
void attend(const AttentionParams& params, const KvPages& pages, int64_t keys, int64_t position, int head,
            const float* q, T* y) {
  const int head_dim = pages.layout.head_dim, kv_head = head / (params.heads / pages.layout.kv_heads);
  const int64_t end = params.causal ? std::min(keys, position + 1) : keys;
  const int64_t begin = params.window > 0 ? std::max<int64_t>(0, position + 1 - params.window) : 0;
  std::vector<T> weight;
  for (int64_t j = begin; j < end; ++j) {
    T dot = 0;
    for (int d = 0; d < head_dim; ++d) dot += static_cast<T>(q[d]) * static_cast<T>(stored_key(pages, j, kv_head, d));
    dot *= static_cast<T>(params.scale);
    const T cap = static_cast<T>(params.logit_softcap);
    if (cap > 0) dot = cap * std::tanh(dot / cap);
    if (params.bias != nullptr) {
      dot += static_cast<T>(params.bias[head * (2 * params.bias_reach + 1) + params.bias_reach + j - position]);
    }
    weight.push_back(dot);
  }
  std::fill_n(y, head_dim, T{0});
  if (weight.empty()) return;
  const T largest = *std::max_element(weight.begin(), weight.end());
  T sum = 0;
  for (T& w : weight) sum += w = std::exp(w - largest);
  for (size_t j = 0; j < weight.size(); ++j) {
    for (int d = 0; d < head_dim; ++d) {
      y[d] += weight[j] / sum * static_cast<T>(stored_value_of(pages, begin + static_cast<int64_t>(j), kv_head, d));
    }
  }
}

}  // namespace diptych::kernels::cpu::reference
