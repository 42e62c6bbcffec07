#include "kernels/cpu/attention.h"

#include "kernels/cpu/reference/attention.h"

namespace diptych::kernels::cpu {

int64_t attention_items(const AttentionParams& params, const KvLayout&, int64_t queries) {
  return params.heads * queries;
}

void attention(const AttentionParams& params, const KvPages& pages, int64_t keys, const float* q, int64_t q_stride,
               int64_t queries, int64_t first_position, int64_t item_begin, int64_t item_end, float* y,
               int64_t y_stride) {
  const int head_dim = pages.layout.head_dim;
  for (int64_t item = item_begin; item < item_end; ++item) {
    const int64_t query = item % queries, head = item / queries;
    reference::attend(params, pages, keys, first_position + query, static_cast<int>(head),
                      q + query * q_stride + head * head_dim, y + query * y_stride + head * head_dim);
  }
}

}  // namespace diptych::kernels::cpu
