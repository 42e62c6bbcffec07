// A parameter's values as arithmetic wants them, f32, whatever they are kept in.
//
// Kept in bf16 they are rounded up or down at random, so that the mean is right (stochastic rounding: Gupta et al.
// 2015): a step smaller than bf16's own (2^-8 of the value) counts as often as it is large. Keeping what rounding left
// instead (Kahan summation) would take two bytes more, with which f32 has all of its digits.
#pragma once

#include <cstdint>

#include "engine/core/context.h"
#include "engine/train/parameter.h"

namespace diptych::train {

class MasterValues {
 public:
  MasterValues(Context& ctx, const Parameter& parameter);

  float* data() const { return values_.data<float>(); }
  const Tensor& values() const { return values_; }  // f32
  // Puts changed values back. What is drawn depends on seed, step, the parameter's name and a value's place.
  void store(Context& ctx, uint64_t seed, int64_t step) const;

 private:
  const Parameter& parameter_;
  Tensor values_;  // the parameter's own memory, where that is f32
};

// Memory of MasterValues for the largest parameter: for a prediction, which makes none.
void plan_master_values(Context& ctx, const Parameters& parameters);

// Values [rows, …] in f32 or bf16, as f32: a copy, or the same.
Tensor as_f32(Context& ctx, const Tensor& values);

}  // namespace diptych::train
