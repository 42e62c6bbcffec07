#include "engine/train/optimizers/master_values.h"

#include <algorithm>
#include <bit>

#include "engine/core/random.h"
#include "engine/train/optimizers/ranges.h"

namespace diptych::train {
namespace {

constexpr int64_t values_of_draw = 4;  // of 16 bits each
static_assert(range_values % values_of_draw == 0);

// The 16 bits that bf16 has not got are rounded up with the chance that they are of the whole.
uint16_t rounded(float value, uint32_t drawn) {
  const auto bits = std::bit_cast<uint32_t>(value);
  const bool finite = (bits & 0x7f800000) != 0x7f800000;
  return static_cast<uint16_t>((finite ? bits + drawn : bits) >> 16);
}

}  // namespace

Tensor as_f32(Context& ctx, const Tensor& values) {
  if (values.dtype() == DType::f32) return values;
  assert(values.dtype() == DType::bf16 && values.contiguous());
  Tensor wide = ctx.output(values.shape(), DType::f32, Owner::workspace);
  if (ctx.is_meta()) return wide;
  const auto* from = reinterpret_cast<const uint16_t*>(values.raw());
  for_ranges(ctx, values.elements(), [&](int64_t begin, int64_t end) {
    for (int64_t i = begin; i < end; ++i) wide.data<float>()[i] = std::bit_cast<float>(uint32_t{from[i]} << 16);
  });
  return wide;
}

MasterValues::MasterValues(Context& ctx, const Parameter& parameter)
    : parameter_(parameter), values_(as_f32(ctx, parameter.value)) {}

void MasterValues::store(Context& ctx, uint64_t seed, int64_t step) const {
  if (parameter_.value.dtype() == DType::f32 || ctx.is_meta()) return;
  const RandomStream stream(seed, "rounding " + parameter_.name);
  const uint64_t first_draw = static_cast<uint64_t>(step) << 34;  // parameters have fewer values than 2^36
  Tensor kept = parameter_.value;
  auto* to = reinterpret_cast<uint16_t*>(kept.raw());
  for_ranges(ctx, values_.elements(), [&](int64_t begin, int64_t end) {
    for (int64_t i = begin; i < end; i += values_of_draw) {
      uint64_t bits = stream.bits(first_draw + static_cast<uint64_t>(i / values_of_draw));
      for (int64_t j = i; j < std::min(end, i + values_of_draw); ++j, bits >>= 16) {
        to[j] = rounded(values_.data<float>()[j], bits & 0xffff);
      }
    }
  });
}

void plan_master_values(Context& ctx, const Parameters& parameters) {
  int64_t largest = 0;
  for (const Parameter& parameter : parameters) {
    if (parameter.value.dtype() != DType::f32) largest = std::max(largest, parameter.value.elements());
  }
  if (largest > 0 && ctx.is_meta()) ctx.output({largest}, DType::f32, Owner::workspace);
}

}  // namespace diptych::train
