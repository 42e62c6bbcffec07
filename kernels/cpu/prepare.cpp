// Activations as blocks of 32 signed bytes with a scale.
#include <algorithm>
#include <cassert>

#include "kernels/cpu/activation_block.h"
#include "kernels/cpu/matmul.h"
#include "kernels/cpu/targets.h"

#undef HWY_TARGET_INCLUDE
#define HWY_TARGET_INCLUDE "kernels/cpu/prepare.cpp"
#include "hwy/foreach_target.h"
// clang-format off
#include "hwy/highway.h"
#include "kernels/cpu/vectors-inl.h"
// clang-format on

HWY_BEFORE_NAMESPACE();
namespace diptych::kernels::cpu::HWY_NAMESPACE {

// The sum of 16 signed bytes: shifted to unsigned, which an instruction adds in eights.
HWY_INLINE int32_t sum_of_16(const int8_t* values) {
  const hn::FixedTag<uint8_t, 16> d8;
  const auto sums = hn::SumsOf8(hn::Xor(hn::LoadU(d8, reinterpret_cast<const uint8_t*>(values)), hn::Set(d8, 0x80)));
  const hn::FixedTag<uint64_t, 2> d64;
  HWY_ALIGN uint64_t halves[2];
  hn::Store(sums, d64, halves);
  return static_cast<int32_t>(halves[0] + halves[1]) - 16 * 128;
}

HWY_INLINE void prepare_block(const float* x, ActivationBlock& block) {
  const F32 df;
  const hn::Rebind<int8_t, F32> d8;
  VF peak = hn::Zero(df);
  DIPTYCH_UNROLL
  for (int i = 0; i < 32; i += lanes) peak = hn::Max(peak, hn::Abs(hn::LoadU(df, x + i)));
  const float largest = hn::GetLane(hn::MaxOfLanes(df, peak));
  block.scale = largest / 127;
  const VF inverse = hn::Set(df, largest > 0 ? 127 / largest : 0.0f);
  DIPTYCH_UNROLL
  for (int i = 0; i < 32; i += lanes) {
    const VI rounded = hn::NearestInt(hn::Mul(hn::LoadU(df, x + i), inverse));
    hn::StoreU(hn::DemoteTo(d8, rounded), d8, block.values + i);
  }
  const int32_t low = sum_of_16(block.values), high = sum_of_16(block.values + 16), all = low + high;
  block.scaled_sum = block.scale * static_cast<float>(all);
  block.start_8 = -8 * all;
  block.start_16 = -16 * all;
  block.start_128 = -128 * all;
  block.start_32_low = -32 * low;
  block.start_32_high = -32 * high;
  block.unused = 0;
}

void prepare_rows(const float* x, int64_t x_stride, int64_t cols, int64_t begin, int64_t end, ActivationBlock* blocks) {
  const int64_t count = cols / 32;
  for (int64_t r = begin; r < end; ++r) {
    for (int64_t b = 0; b < count; ++b) prepare_block(x + r * x_stride + 32 * b, blocks[r * count + b]);
  }
}

// What rounding left of 32 values.
HWY_INLINE void residual_of(const float* x, const ActivationBlock& block, float* residual) {
  const F32 df;
  const hn::Rebind<int8_t, F32> d8;
  const VF scale = hn::Set(df, block.scale);
  DIPTYCH_UNROLL
  for (int i = 0; i < 32; i += lanes) {
    const VF level = hn::ConvertTo(df, hn::PromoteTo(hn::RebindToSigned<F32>(), hn::LoadU(d8, block.values + i)));
    hn::StoreU(hn::NegMulAdd(level, scale, hn::LoadU(df, x + i)), df, residual + i);
  }
}

void prepare_fine_rows(const float* x, int64_t x_stride, int64_t cols, int64_t begin, int64_t end,
                       ActivationBlock* blocks) {
  const int64_t count = cols / 32;
  HWY_ALIGN float residual[32];
  for (int64_t r = begin; r < end; ++r) {
    for (int64_t b = 0; b < count; ++b) {
      const float* values = x + r * x_stride + 32 * b;
      prepare_block(values, blocks[2 * r * count + b]);
      residual_of(values, blocks[2 * r * count + b], residual);
      prepare_block(residual, blocks[(2 * r + 1) * count + b]);
    }
  }
}

void sum_pair_rows(const float* pairs, int64_t n, int64_t begin, int64_t end, const float* bias, float* y,
                   int64_t y_stride) {
  const F32 df;
  for (int64_t r = begin; r < end; ++r) {
    const float* coarse = pairs + 2 * r * n;
    const float* fine = coarse + n;
    float* out = y + r * y_stride;
    int64_t i = 0;
    for (; i + lanes <= n; i += lanes) {
      VF sum = hn::Add(hn::LoadU(df, coarse + i), hn::LoadU(df, fine + i));
      if (bias != nullptr) sum = hn::Add(sum, hn::LoadU(df, bias + i));
      hn::StoreU(sum, df, out + i);
    }
    for (; i < n; ++i) out[i] = coarse[i] + fine[i] + (bias != nullptr ? bias[i] : 0.0f);
  }
}

}  // namespace diptych::kernels::cpu::HWY_NAMESPACE
HWY_AFTER_NAMESPACE();

#if HWY_ONCE
namespace diptych::kernels::cpu {

HWY_EXPORT(prepare_rows);
HWY_EXPORT(prepare_fine_rows);
HWY_EXPORT(sum_pair_rows);

ActivationFormat activation_format(DType type) {
  return is_quantized(type) ? ActivationFormat::int8_blocks : ActivationFormat::f32;
}

size_t activation_bytes(DType type, int64_t cols) {
  return is_quantized(type) ? static_cast<size_t>(cols / 32) * sizeof(ActivationBlock)
                            : static_cast<size_t>(cols) * sizeof(float);
}

void prepare_activations(DType type, const float* x, int64_t x_stride, int64_t cols, int64_t begin, int64_t end,
                         std::byte* out) {
  if (is_quantized(type)) {
    HWY_DYNAMIC_DISPATCH(prepare_rows)
    (x, x_stride, cols, begin, end, reinterpret_cast<ActivationBlock*>(out));
    return;
  }
  for (int64_t r = begin; r < end; ++r) {
    std::copy_n(x + r * x_stride, cols, reinterpret_cast<float*>(out) + r * cols);
  }
}

void prepare_fine_activations([[maybe_unused]] DType type, const float* x, int64_t x_stride, int64_t cols,
                              int64_t begin, int64_t end, std::byte* out) {
  assert(is_quantized(type));
  HWY_DYNAMIC_DISPATCH(prepare_fine_rows)
  (x, x_stride, cols, begin, end, reinterpret_cast<ActivationBlock*>(out));
}

void sum_pairs(const float* pairs, int64_t n, int64_t begin, int64_t end, const float* bias, float* y,
               int64_t y_stride) {
  HWY_DYNAMIC_DISPATCH(sum_pair_rows)(pairs, n, begin, end, bias, y, y_stride);
}

}  // namespace diptych::kernels::cpu
#endif
