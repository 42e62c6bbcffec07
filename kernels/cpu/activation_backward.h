// The gradients of activations (elementwise.h), f32. What they come to is added to what is there.
#pragma once

#include <cstdint>

#include "kernels/cpu/elementwise.h"

namespace diptych::kernels::cpu {

// dx += act'(x) dy
void activate_backward(Activation activation, const float* x, const float* dy, int64_t count, float* dx);

// Of act(gate) * up: dgate += act'(gate) up dy, dup += act(gate) dy
void gated_backward(Activation activation, const float* gate, const float* up, const float* dy, int64_t count,
                    float* dgate, float* dup);

// Of cap * tanh(x / cap): dx += (1 - tanh(x / cap)^2) dy
void softcap_backward(const float* x, float cap, const float* dy, int64_t count, float* dx);

}  // namespace diptych::kernels::cpu
