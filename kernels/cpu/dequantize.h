// Stored values of any type as f32.
#pragma once

#include <cstddef>
#include <cstdint>

#include "kernels/common/dtype.h"

namespace diptych::kernels::cpu {

// `values` consecutive values, a multiple of the type's block; every type that DType lists but the integers. `blocks`
// need not be aligned. Results equal dequantize_row (kernels/common/quant_blocks.h) bit for bit.
void dequantize(DType type, const std::byte* blocks, int64_t values, float* out);

}  // namespace diptych::kernels::cpu
