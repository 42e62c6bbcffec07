// Rows of 16-bit floats to f32 and back (nearest, ties to even).
#pragma once

#include <cstdint>

namespace diptych::kernels::cpu {

void f16_to_f32_row(const uint16_t* x, int64_t count, float* y);
void f32_to_f16_row(const float* x, int64_t count, uint16_t* y);
void bf16_to_f32_row(const uint16_t* x, int64_t count, float* y);
void f32_to_bf16_row(const float* x, int64_t count, uint16_t* y);

}  // namespace diptych::kernels::cpu
