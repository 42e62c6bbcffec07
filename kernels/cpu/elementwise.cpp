#include "kernels/cpu/elementwise.h"

#include "kernels/cpu/reference/elementwise.h"

namespace diptych::kernels::cpu {

void gated(Activation activation, const float* gate, const float* up, int64_t count, float* y) {
  reference::gated(activation, gate, up, count, y);
}

void add(const float* x, const float* y, int64_t count, float* sum) {
  reference::add(x, y, count, sum);
}

void scale(const float* x, float factor, int64_t count, float* y) {
  reference::scale(x, factor, count, y);
}

void softcap(const float* x, float cap, int64_t count, float* y) {
  reference::softcap(x, cap, count, y);
}

}  // namespace diptych::kernels::cpu
