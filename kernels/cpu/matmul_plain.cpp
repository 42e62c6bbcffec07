// f32, f16 and bf16 weights, widened on load, times f32 activations.
//
// Columns are summed in ascending order in runs of 512, and the runs one after the other into the result: one chain of
// multiply-adds per output, whatever the number of tokens, with short runs for accuracy and for the caches.
#include <algorithm>
#include <vector>

#include "kernels/cpu/matmul.h"
#include "kernels/cpu/matmul_types.h"
#include "kernels/cpu/packed_layout.h"
#include "kernels/cpu/targets.h"

#undef HWY_TARGET_INCLUDE
#define HWY_TARGET_INCLUDE "kernels/cpu/matmul_plain.cpp"
#include "hwy/foreach_target.h"
// clang-format off
#include "hwy/highway.h"
#include "kernels/cpu/matmul_plain-inl.h"
// clang-format on

HWY_BEFORE_NAMESPACE();
namespace diptych::kernels::cpu::HWY_NAMESPACE {

// Many tokens: 16-bit weights are widened once, in place of once for each panel. The same products in the same order.
template <typename T, typename X>
void all_rows(const MatmulRange& range) {
  const bool widens = sizeof(T) < sizeof(float) && range.tokens >= 4 * wide;
  const int64_t x_stride = range.x_group > 0 ? range.x_group : range.x_stride;
  static thread_local std::vector<float> widened;
  if (widens) widened.resize(static_cast<size_t>(group_rows * run));
  for (int64_t row = range.row_begin; row < range.row_end; row += group_rows) {
    const int64_t end = std::min(row + group_rows, range.row_end);
    for (int64_t col = 0; col < range.cols; col += run) {
      const int64_t columns = std::min(run, range.cols - col);
      const T* w = reinterpret_cast<const T*>(range.packed) + row * range.cols + col * tile;
      const X x(reinterpret_cast<const float*>(range.x), x_stride, col);
      const bool begins = col == 0 && !range.accumulate;
      const Result result{range.y, range.y_stride, range.row_end, begins, range.bias};
      if (!widens) {
        all_tokens<T, X>({w, tile * range.cols, columns}, x, range.tokens, result, row, end);
        continue;
      }
      float* to = widened.data();
      for (int64_t first = row; first < end; first += tile, w += tile * range.cols, to += tile * columns) {
        for (int64_t i = 0; i < tile * columns; i += lanes) hn::StoreU(load(w + i), F32(), to + i);
      }
      all_tokens<float, X>({widened.data(), tile * columns, columns}, x, range.tokens, result, row, end);
    }
  }
}

template <typename T>
void multiply_as(const MatmulRange& range) {
  if (range.x_group > 0) {
    all_rows<T, RegroupedRows>(range);
  } else {
    all_rows<T, Rows>(range);
  }
}

void multiply_plain(DType type, const MatmulRange& range) {
  if (type == DType::f32) {
    multiply_as<float>(range);
  } else if (type == DType::f16) {
    multiply_as<hwy::float16_t>(range);
  } else {
    multiply_as<hwy::bfloat16_t>(range);
  }
}

bool has_wide_panels() {
  return wide > 8;
}

}  // namespace diptych::kernels::cpu::HWY_NAMESPACE
HWY_AFTER_NAMESPACE();

#if HWY_ONCE
namespace diptych::kernels::cpu {

HWY_EXPORT(multiply_plain);
HWY_EXPORT(has_wide_panels);

void matmul_plain(DType type, const MatmulRange& range) {
  HWY_DYNAMIC_DISPATCH(multiply_plain)(type, range);
}

bool pays_regrouping(int64_t tokens, int64_t rows) {
  return tokens >= (HWY_DYNAMIC_DISPATCH(has_wide_panels)() ? 48 : 1024) && rows >= 256;
}

}  // namespace diptych::kernels::cpu
#endif
