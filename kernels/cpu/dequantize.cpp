#include "kernels/cpu/dequantize.h"

#include <cstdint>
#include <cstring>

#include "kernels/common/quant_blocks.h"
#include "kernels/cpu/convert.h"

namespace diptych::kernels::cpu {

void dequantize(DType type, const std::byte* blocks, int64_t values, float* out) {
  const bool aligned = reinterpret_cast<uintptr_t>(blocks) % alignof(uint16_t) == 0;
  if (type == DType::f32) {
    std::memcpy(out, blocks, static_cast<size_t>(values) * sizeof(float));
  } else if (type == DType::f16 && aligned) {
    f16_to_f32_row(reinterpret_cast<const uint16_t*>(blocks), values, out);
  } else if (type == DType::bf16 && aligned) {
    bf16_to_f32_row(reinterpret_cast<const uint16_t*>(blocks), values, out);
  } else {
    dequantize_row(type, blocks, out, values);
  }
}

}  // namespace diptych::kernels::cpu
