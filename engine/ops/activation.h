// Gated activations, f32.
#pragma once

#include "engine/core/context.h"

namespace diptych {

enum class GateActivation { silu, gelu_tanh, gelu_erf };

// gate_up [tokens, 2 * n]: act(gate) * up -> [tokens, n]  (SwiGLU, GeGLU: Shazeer 2020)
Tensor gated_activation(Context& ctx, const Tensor& gate_up, GateActivation activation);

inline Tensor swiglu(Context& ctx, const Tensor& gate_up) {
  return gated_activation(ctx, gate_up, GateActivation::silu);
}
inline Tensor geglu(Context& ctx, const Tensor& gate_up) {
  return gated_activation(ctx, gate_up, GateActivation::gelu_tanh);
}

}  // namespace diptych
