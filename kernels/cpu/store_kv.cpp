#include <algorithm>
#include <cassert>

#include "kernels/cpu/attention.h"
#include "kernels/cpu/convert.h"

namespace diptych::kernels::cpu {
namespace {

void put_row(const float* row, int64_t count, float* place) {
  std::copy_n(row, count, place);
}
void put_row(const float* row, int64_t count, uint16_t* place) {
  f32_to_f16_row(row, count, place);
}

// A key's values stand kv_lanes apart: converted side by side, then spread.
template <typename T>
void put_key(const float* row, int64_t count, T* place) {
  constexpr int64_t chunk = 64;
  T values[chunk];
  for (int64_t begin = 0; begin < count; begin += chunk) {
    const int64_t now = std::min(chunk, count - begin);
    put_row(row + begin, now, values);
    for (int64_t i = 0; i < now; ++i) place[(begin + i) * kv_lanes] = values[i];
  }
}

template <typename T>
void store_token(const KvLayout& layout, T* keys, T* values, int64_t token, const float* k, const float* v) {
  const int64_t head_dim = layout.head_dim, groups = layout.block_tokens / kv_lanes;
  for (int64_t h = 0; h < layout.kv_heads; ++h) {
    T* key = keys + (h * groups + token / kv_lanes) * head_dim * kv_lanes + token % kv_lanes;
    put_key(k + h * head_dim, head_dim, key);
    put_row(v + h * head_dim, head_dim, values + (h * layout.block_tokens + token) * head_dim);
  }
}

}  // namespace

size_t kv_block_bytes(const KvLayout& layout) {
  assert(layout.block_tokens % kv_lanes == 0 && (layout.type == DType::f16 || layout.type == DType::f32));
  return dtype_bytes(layout.type, static_cast<int64_t>(layout.block_tokens) * layout.kv_heads * layout.head_dim);
}

void store_kv(const KvLayout& layout, void* const* key_pages, void* const* value_pages, int64_t first_position,
              int64_t count, const float* k, int64_t k_stride, const float* v, int64_t v_stride) {
  for (int64_t i = 0; i < count; ++i) {
    const int64_t position = first_position + i, page = position / layout.block_tokens,
                  token = position % layout.block_tokens;
    const float *key = k + i * k_stride, *value = v + i * v_stride;
    if (layout.type == DType::f16) {
      store_token(layout, static_cast<uint16_t*>(key_pages[page]), static_cast<uint16_t*>(value_pages[page]), token,
                  key, value);
    } else {
      store_token(layout, static_cast<float*>(key_pages[page]), static_cast<float*>(value_pages[page]), token, key,
                  value);
    }
  }
}

}  // namespace diptych::kernels::cpu
