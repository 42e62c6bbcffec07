#include "kernels/cpu/convert.h"

#include "kernels/common/half.h"
#include "kernels/cpu/targets.h"

#undef HWY_TARGET_INCLUDE
#define HWY_TARGET_INCLUDE "kernels/cpu/convert.cpp"
#include "hwy/foreach_target.h"
// clang-format off
#include "hwy/highway.h"
#include "kernels/cpu/vectors-inl.h"
// clang-format on

HWY_BEFORE_NAMESPACE();
namespace diptych::kernels::cpu::HWY_NAMESPACE {

// Targets without half-precision instructions convert value by value: Highway's substitutes round differently.
constexpr bool has_halves = HWY_TARGET != HWY_SSE4 && HWY_TARGET != HWY_EMU128;

void widen_f16(const uint16_t* x, int64_t count, float* y) {
  int64_t i = 0;
  if constexpr (has_halves) {
    for (; i + lanes <= count; i += lanes) {
      hn::StoreU(load(reinterpret_cast<const hwy::float16_t*>(x) + i), F32(), y + i);
    }
  }
  for (; i < count; ++i) y[i] = f16_to_f32(x[i]);
}

void narrow_f16(const float* x, int64_t count, uint16_t* y) {
  int64_t i = 0;
  if constexpr (has_halves) {
    const hn::Rebind<hwy::float16_t, F32> d16;
    for (; i + lanes <= count; i += lanes) {
      hn::StoreU(hn::DemoteTo(d16, load(x + i)), d16, reinterpret_cast<hwy::float16_t*>(y) + i);
    }
  }
  for (; i < count; ++i) y[i] = f32_to_f16(x[i]);
}

void widen_bf16(const uint16_t* x, int64_t count, float* y) {
  int64_t i = 0;
  for (; i + lanes <= count; i += lanes) {
    hn::StoreU(load(reinterpret_cast<const hwy::bfloat16_t*>(x) + i), F32(), y + i);
  }
  for (; i < count; ++i) y[i] = bf16_to_f32(x[i]);
}

}  // namespace diptych::kernels::cpu::HWY_NAMESPACE
HWY_AFTER_NAMESPACE();

#if HWY_ONCE
namespace diptych::kernels::cpu {

HWY_EXPORT(widen_f16);
HWY_EXPORT(narrow_f16);
HWY_EXPORT(widen_bf16);

void f16_to_f32_row(const uint16_t* x, int64_t count, float* y) {
  HWY_DYNAMIC_DISPATCH(widen_f16)(x, count, y);
}

void f32_to_f16_row(const float* x, int64_t count, uint16_t* y) {
  HWY_DYNAMIC_DISPATCH(narrow_f16)(x, count, y);
}

void bf16_to_f32_row(const uint16_t* x, int64_t count, float* y) {
  HWY_DYNAMIC_DISPATCH(widen_bf16)(x, count, y);
}

void f32_to_bf16_row(const float* x, int64_t count, uint16_t* y) {
  for (int64_t i = 0; i < count; ++i) y[i] = f32_to_bf16(x[i]);  // the compiler's own vectors do
}

}  // namespace diptych::kernels::cpu
#endif
