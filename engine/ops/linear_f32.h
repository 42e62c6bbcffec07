// The linear op without reduced arithmetic: quantized weights are widened, some rows at a time, and meet activations in
// f32. Slow; for steps that came to no numbers (Arithmetic::f32). Adapters are the caller's.
#pragma once

#include "engine/ops/linear.h"

namespace diptych {

bool is_quantized(const Linear& layer);  // at least one of its row blocks

Tensor linear_in_f32(Context& ctx, const Tensor& x, const Linear& layer);

}  // namespace diptych
