// Activations, plain and gated, f32.
#pragma once

#include "engine/core/context.h"

namespace diptych {

// quick_gelu: x sigmoid(1.702 x), which CLIP was trained with.
enum class Activation { silu, gelu_tanh, gelu_erf, quick_gelu, relu };

Tensor activate(Context& ctx, const Tensor& x, Activation activation);  // x of any shape, contiguous

// gate_up [tokens, 2 * n]: act(gate) * up -> [tokens, n]  (SwiGLU, GeGLU: Shazeer 2020)
Tensor gated_activation(Context& ctx, const Tensor& gate_up, Activation activation);
// The same with the gate behind: up_gate [tokens, 2 * n].
Tensor gated_activation_behind(Context& ctx, const Tensor& up_gate, Activation activation);

inline Tensor swiglu(Context& ctx, const Tensor& gate_up) {
  return gated_activation(ctx, gate_up, Activation::silu);
}
inline Tensor geglu(Context& ctx, const Tensor& gate_up) {
  return gated_activation(ctx, gate_up, Activation::gelu_tanh);
}

}  // namespace diptych
