// Against results that are no numbers: a part of a run whose result has an infinity or a NaN is computed again without
// reduced arithmetic, and where that does not help either the run ends with an error, never with a black image.
//
// Where they come from: f32 holds what f16 weights of known autoencoders overflow in f16 arithmetic, so on the cpu
// there remain activations of quantized weights rounded to int8, and damaged weights.
#pragma once

#include <functional>
#include <string>

#include "engine/core/context.h"

namespace diptych::diffusion {

bool all_finite(const Tensor& x);  // true on meta and of an empty tensor

// work(); if `finite` says no, again with Arithmetic::f32, and `redone` is set. Error (invalid_file) names `part` where
// that result is no better.
void guarded(Context& ctx, const std::string& part, const std::function<void()>& work,
             const std::function<bool()>& finite, bool& redone);

}  // namespace diptych::diffusion
