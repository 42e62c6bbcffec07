#include "engine/ops/norm.h"

#include "engine/ops/backward/products.h"
#include "engine/ops/backward/record.h"
#include "engine/ops/gradient_kernels.h"

namespace diptych {
namespace {

// What the gradients of a norm of x are added to, with the scratch for sums over rows.
NormGradients gradients_for(Context& ctx, Tape& tape, Tensor dx, const Tensor& x, const Tensor& weight,
                            const Tensor& bias) {
  NormGradients gradients{.dx = std::move(dx),
                          .dweight = tape.add_to(ctx, weight),
                          .dbias = tape.add_to(ctx, bias),
                          .weight_sums = {},
                          .bias_sums = {}};
  const int64_t n = x.dim(-1), heads = x.contiguous() ? 1 : x.dim(1), tokens = x.elements() / n / heads;
  const Shape sums{(tokens + norm_gradient_chunk - 1) / norm_gradient_chunk, n};
  if (gradients.dweight) gradients.weight_sums = zeros(ctx, sums);
  if (gradients.dbias) gradients.bias_sums = zeros(ctx, sums);
  return gradients;
}

void declare(Context& ctx, const Tensor& x) {
  const auto elements = static_cast<double>(x.elements());
  ctx.declare("norm_backward", {.flops = 10 * elements, .read_bytes = 12 * elements, .written_bytes = 4 * elements});
}

}  // namespace

void record_rms_norm(Context& ctx, const Tensor& x, const Tensor& weight, float eps, const Tensor& y) {
  ctx.tape->record({y}, [x, weight, eps, y = Place(y)](Context& c, Tape& tape) {
    const Tensor dy = tape.gradient_of(y);
    if (!dy) return;
    declare(c, x);
    NormGradients gradients = gradients_for(c, tape, tape.add_to(c, x), x, weight, {});
    gradient_kernels(c).rms_norm(c.pool(), x, weight, eps, dy, gradients);
  });
  ctx.tape->can_remake(y, [x, weight, eps](Context& c) { return rms_norm(c, x, weight, eps); });
}

void record_add_rms_norm(Context& ctx, const Tensor& x, const Tensor& y, const Tensor& weight, float eps,
                         const Tensor& sum, const Tensor& normed) {
  ctx.tape->record({sum, normed},
                   [x = Place(x), y = Place(y), weight, eps, sum, normed = Place(normed)](Context& c, Tape& tape) {
                     if (const Tensor dnormed = tape.gradient_of(normed)) {
                       declare(c, sum);
                       NormGradients gradients = gradients_for(c, tape, tape.add_to(c, sum), sum, weight, {});
                       gradient_kernels(c).rms_norm(c.pool(), sum, weight, eps, dnormed, gradients);
                     }
                     const Tensor dsum = tape.gradient_of(sum);
                     if (!dsum) return;
                     for (const Place& input : {x, y}) {
                       if (Tensor gradient = tape.add_to(c, input))
                         gradient_kernels(c).add_scaled(c.pool(), dsum, 1.0f, gradient);
                     }
                   });
  ctx.tape->can_remake(normed, [sum, weight, eps](Context& c) { return rms_norm(c, sum, weight, eps); });
}

void record_layer_norm(Context& ctx, const Tensor& x, const Tensor& weight, const Tensor& bias, float eps,
                       const Tensor& y) {
  ctx.tape->record({y}, [x, weight, bias, eps, y = Place(y)](Context& c, Tape& tape) {
    const Tensor dy = tape.gradient_of(y);
    if (!dy) return;
    declare(c, x);
    NormGradients gradients = gradients_for(c, tape, tape.add_to(c, x), x, weight, bias);
    gradient_kernels(c).layer_norm(c.pool(), x, weight, 0.0f, eps, dy, gradients);
  });
  ctx.tape->can_remake(y, [x, weight, bias, eps](Context& c) { return layer_norm(c, x, weight, bias, eps); });
}

}  // namespace diptych
