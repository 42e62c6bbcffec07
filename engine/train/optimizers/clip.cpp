#include "engine/train/optimizers/clip.h"

#include <cmath>

#include "engine/train/optimizers/ranges.h"
#include "kernels/cpu/elementwise.h"
#include "kernels/cpu/optimizer.h"

namespace diptych::train {

GradientNorm clip_gradients(Context& ctx, const Parameters& parameters, double max_norm) {
  double values = 0;
  for (const Parameter& parameter : parameters) values += static_cast<double>(parameter.gradient.elements());
  ctx.declare("clip_gradients", {.flops = 3 * values, .read_bytes = 8 * values, .written_bytes = 4 * values});
  GradientNorm result;
  if (ctx.is_meta()) return result;
  double squares = 0;
  for (const Parameter& parameter : parameters) {
    const float* gradient = parameter.gradient.data<float>();
    const double sum = sum_over_ranges(ctx, parameter.gradient.elements(), [&](int64_t begin, int64_t end) {
      return kernels::cpu::sum_of_squares(gradient + begin, end - begin);
    });
    if (!std::isfinite(sum) && result.finite()) result.not_finite = parameter.name;
    squares += sum;
  }
  result.norm = std::sqrt(squares);
  const double factor = max_norm / (result.norm + 1e-6);
  if (max_norm <= 0 || !result.finite() || factor >= 1) return result;
  for (const Parameter& parameter : parameters) {
    float* gradient = parameter.gradient.data<float>();
    for_ranges(ctx, parameter.gradient.elements(), [&](int64_t begin, int64_t end) {
      kernels::cpu::scale(gradient + begin, static_cast<float>(factor), end - begin, gradient + begin);
    });
  }
  return result;
}

}  // namespace diptych::train
