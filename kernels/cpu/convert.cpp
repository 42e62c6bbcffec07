#include "kernels/cpu/convert.h"

#include "kernels/common/half.h"

namespace diptych::kernels::cpu {

void f16_to_f32_row(const uint16_t* x, int64_t count, float* y) {
  for (int64_t i = 0; i < count; ++i) y[i] = f16_to_f32(x[i]);
}

void f32_to_f16_row(const float* x, int64_t count, uint16_t* y) {
  for (int64_t i = 0; i < count; ++i) y[i] = f32_to_f16(x[i]);
}

void bf16_to_f32_row(const uint16_t* x, int64_t count, float* y) {
  for (int64_t i = 0; i < count; ++i) y[i] = bf16_to_f32(x[i]);
}

void f32_to_bf16_row(const float* x, int64_t count, uint16_t* y) {
  for (int64_t i = 0; i < count; ++i) y[i] = f32_to_bf16(x[i]);
}

}  // namespace diptych::kernels::cpu
