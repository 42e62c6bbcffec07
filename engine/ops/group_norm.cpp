#include "engine/ops/group_norm.h"

#include "engine/ops/backward/record_image.h"
#include "engine/ops/kernel_table.h"

namespace diptych {

Tensor group_norm(Context& ctx, const Tensor& x, const Tensor& weight, const Tensor& bias, int64_t groups, float eps,
                  const GroupNormOptions& options) {
  const int64_t rows = x.dim(0), channels = x.dim(-1), pixels = x.elements() / (rows * channels);
  assert(x.dtype() == DType::f32 && x.contiguous() && groups > 0 && channels % groups == 0);
  assert(weight.elements() == channels && bias.elements() == channels);
  assert(!options.shift || (options.shift.contiguous() && options.shift.shape() == (Shape{rows, channels})));
  const auto elements = static_cast<double>(x.elements());
  const bool recorded = ctx.declare_differentiable("group_norm",
                                                   {.flops = (options.silu ? 17 : 7) * elements,
                                                    .weight_bytes = static_cast<double>(weight.bytes() + bias.bytes()),
                                                    .read_bytes = 8 * elements,
                                                    .written_bytes = 4 * elements},
                                                   {&x, &weight, &bias, &options.shift});
  const int64_t chunks = (pixels + group_norm_chunk - 1) / group_norm_chunk;
  Tensor y = ctx.output(x.shape());
  Tensor moments = ctx.output({rows, chunks, 2, channels}, DType::f32, Owner::workspace);
  Tensor factors = ctx.output({rows, 2, channels}, DType::f32, Owner::workspace);
  kernel_table(ctx).group_norm(ctx.pool(), x, {weight, bias, groups, eps}, options, moments, factors, y);
  if (recorded) record_group_norm(ctx, x, weight, bias, groups, eps, options, y);
  return y;
}

GroupNormMoments group_norm_moments(Context& ctx, int64_t pixels, int64_t channels) {
  const int64_t chunks = (pixels + group_norm_chunk - 1) / group_norm_chunk;
  return {ctx.output({1, chunks, 2, channels}, DType::f32, Owner::workspace), pixels};
}

void add_band(Context& ctx, const Tensor& x, int64_t first_pixel, GroupNormMoments& moments) {
  const int64_t channels = x.dim(-1), pixels = x.elements() / channels;
  assert(x.dtype() == DType::f32 && x.contiguous() && x.dim(0) == 1 && channels == moments.chunks.dim(3));
  assert(first_pixel % group_norm_chunk == 0 && first_pixel + pixels <= moments.pixels);
  assert(pixels % group_norm_chunk == 0 || first_pixel + pixels == moments.pixels);
  const auto elements = static_cast<double>(x.elements());
  ctx.declare("channel_moments", {.flops = 5 * elements, .read_bytes = 4 * elements}, {&x});
  const int64_t first = first_pixel / group_norm_chunk;
  Tensor chunks = moments.chunks.slice(1, first, first + (pixels + group_norm_chunk - 1) / group_norm_chunk);
  kernel_table(ctx).channel_moments(ctx.pool(), x, chunks);
}

Tensor group_norm_factors(Context& ctx, const GroupNormMoments& moments, const Tensor& weight, const Tensor& bias,
                          int64_t groups, float eps) {
  const int64_t channels = moments.chunks.dim(3);
  assert(weight.elements() == channels && bias.elements() == channels && channels % groups == 0);
  const auto read = static_cast<double>(moments.chunks.bytes());
  ctx.declare("group_norm_factors",
              {.flops = read, .weight_bytes = static_cast<double>(weight.bytes() + bias.bytes()), .read_bytes = read},
              {&weight, &bias});
  Tensor factors = ctx.output({1, 2, channels}, DType::f32, Owner::workspace);
  kernel_table(ctx).group_norm_factors(ctx.pool(), moments.chunks, moments.pixels, {weight, bias, groups, eps}, {},
                                       factors);
  return factors;
}

Tensor scale_channels(Context& ctx, const Tensor& x, const Tensor& factors, bool silu) {
  assert(x.dtype() == DType::f32 && x.contiguous() && x.dim(0) == factors.dim(0) && factors.dim(2) == x.dim(-1));
  const auto elements = static_cast<double>(x.elements());
  ctx.declare("scale_channels",
              {.flops = (silu ? 12 : 2) * elements, .read_bytes = 4 * elements, .written_bytes = 4 * elements}, {&x});
  Tensor y = ctx.output(x.shape());
  kernel_table(ctx).scale_channels(ctx.pool(), x, factors, silu, y);
  return y;
}

}  // namespace diptych
