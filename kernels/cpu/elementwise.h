// Elementwise kernels, f32. Each result depends on its own arguments only, so any split of a range gives the same bits.
#pragma once

#include <cstdint>

namespace diptych::kernels::cpu {

// quick_gelu: x sigmoid(1.702 x), the approximation that CLIP was trained with (Hendrycks & Gimpel 2016).
enum class Activation { silu, gelu_tanh, gelu_erf, quick_gelu, relu };

// y = act(gate) * up. y may be gate or up.
void gated(Activation activation, const float* gate, const float* up, int64_t count, float* y);

// y = act(x). y may be x.
void activate(Activation activation, const float* x, int64_t count, float* y);

void add(const float* x, const float* y, int64_t count, float* sum);
// sum = x + gate * y
void gated_add(const float* x, const float* gate, const float* y, int64_t count, float* sum);
void add_scaled(const float* x, float factor, int64_t count, float* y);  // y += x * factor
void scale(const float* x, float factor, int64_t count, float* y);
void scale_offset(const float* x, float factor, float offset, int64_t count, float* y);  // x * factor + offset
void clamp(const float* x, float low, float high, int64_t count, float* y);

// y = cap * tanh(x / cap), cap > 0.
void softcap(const float* x, float cap, int64_t count, float* y);

}  // namespace diptych::kernels::cpu
