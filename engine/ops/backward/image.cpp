#include <numeric>

#include "engine/ops/average_pool.h"
#include "engine/ops/backward/products.h"
#include "engine/ops/backward/record_image.h"
#include "engine/ops/gradient_kernels.h"
#include "engine/ops/kernel_table.h"
#include "engine/ops/modulate.h"

namespace diptych {
namespace {

void declare(Context& ctx, const char* op, const Tensor& dy, double flops_each) {
  const auto elements = static_cast<double>(dy.elements());
  ctx.declare(op, {.flops = flops_each * elements, .read_bytes = 12 * elements, .written_bytes = 4 * elements});
}

// Records an op of one input that only moves values: body(ctx, dy, moved) puts them back.
template <typename Body>
void record_move(Context& ctx, const char* op, const Tensor& x, const Tensor& y, Body body) {
  ctx.tape->record({y}, [op, x = Place(x), y = Place(y), body = std::move(body)](Context& c, Tape& tape) {
    const Tensor dy = tape.gradient_of(y);
    if (!dy) return;
    declare(c, op, dy, 1);
    Tensor dx = tape.add_to(c, x);
    Tensor moved = c.output(dx.shape(), DType::f32, Owner::workspace);
    body(c, dy, moved);
    gradient_kernels(c).add_scaled(c.pool(), moved, 1.0f, dx);
  });
}

Tensor filled(Context& ctx, const Shape& shape, float value) {
  Tensor x = zeros(ctx, shape);
  kernel_table(ctx).scale_offset(ctx.pool(), x, 1.0f, value, x);
  return x;
}

// The factors that norm x alone, without weight and bias: computed again, as they are small.
Tensor plain_factors(Context& ctx, const Tensor& x, int64_t groups, float eps, const Tensor& shift) {
  const int64_t rows = x.dim(0), channels = x.dim(-1), pixels = x.elements() / (rows * channels);
  const int64_t chunks = (pixels + group_norm_chunk - 1) / group_norm_chunk;
  Tensor moments = ctx.output({rows, chunks, 2, channels}, DType::f32, Owner::workspace);
  Tensor factors = ctx.output({rows, 2, channels}, DType::f32, Owner::workspace);
  const Tensor ones = filled(ctx, {channels}, 1), none = zeros(ctx, {channels});
  kernel_table(ctx).channel_moments(ctx.pool(), x, moments);
  kernel_table(ctx).group_norm_factors(ctx.pool(), moments, pixels, {ones, none, groups, eps},
                                       {.silu = false, .shift = shift}, factors);
  return factors;
}

// Rows of the tokens of one image.
Tensor image_rows(const Tensor& x, int64_t image, int64_t images) {
  const int64_t tokens = x.dim(0) / images;
  return x.slice(0, image * tokens, (image + 1) * tokens);
}

Tensor row_of(const Tensor& x, int64_t row) {
  return x ? x.slice(0, row, row + 1) : Tensor();
}

}  // namespace

void record_group_norm(Context& ctx, const Tensor& x, const Tensor& weight, const Tensor& bias, int64_t groups,
                       float eps, const GroupNormOptions& options, const Tensor& y) {
  ctx.tape->record({y}, [x, weight, bias, groups, eps, options, y = Place(y)](Context& c, Tape& tape) {
    const Tensor dy = tape.gradient_of(y);
    if (!dy) return;
    declare(c, "group_norm_backward", dy, options.silu ? 40 : 20);
    const int64_t rows = x.dim(0), channels = x.dim(-1), pixels = x.elements() / (rows * channels);
    GroupNormGradients gradients{.factors = plain_factors(c, x, groups, eps, options.shift),
                                 .weight = weight,
                                 .bias = bias,
                                 .groups = groups,
                                 .silu = options.silu,
                                 .sums = {},
                                 .dx = tape.add_to(c, x),
                                 .dweight = tape.add_to(c, weight),
                                 .dbias = tape.add_to(c, bias),
                                 .dshift = tape.add_to(c, options.shift)};
    gradients.sums = zeros(c, {rows, (pixels + group_norm_chunk - 1) / group_norm_chunk, 3, channels});
    gradient_kernels(c).group_norm(c.pool(), x, dy, gradients);
  });
  ctx.tape->can_remake(y, [x, weight, bias, groups, eps, options](Context& c) {
    return group_norm(c, x, weight, bias, groups, eps, options);
  });
}

void record_layer_norm_modulate(Context& ctx, const Tensor& x, const Tensor& scale, const Tensor& shift, float eps,
                                const Tensor& y) {
  ctx.tape->record({y}, [x, scale, shift = Place(shift), eps, y = Place(y)](Context& c, Tape& tape) {
    const Tensor dy = tape.gradient_of(y);
    if (!dy) return;
    declare(c, "layer_norm_modulate_backward", dy, 20);
    const Tensor dx = tape.add_to(c, x), dscale = tape.add_to(c, scale), dshift = tape.add_to(c, shift);
    const int64_t images = scale.dim(0), tokens = x.dim(0) / images;
    const Shape sums{(tokens + norm_gradient_chunk - 1) / norm_gradient_chunk, x.dim(1)};
    for (int64_t image = 0; image < images; ++image) {
      NormGradients gradients{.dx = dx ? image_rows(dx, image, images) : dx,
                              .dweight = row_of(dscale, image),
                              .dbias = row_of(dshift, image),
                              .weight_sums = dscale ? zeros(c, sums) : Tensor(),
                              .bias_sums = dshift ? zeros(c, sums) : Tensor()};
      gradient_kernels(c).layer_norm(c.pool(), image_rows(x, image, images), row_of(scale, image), 1.0f, eps,
                                     image_rows(dy, image, images), gradients);
    }
  });
  ctx.tape->can_remake(y, [x, scale, shift, eps](Context& c) { return layer_norm_modulate(c, x, scale, shift, eps); });
}

void record_gated_add(Context& ctx, const Tensor& x, const Tensor& gate, const Tensor& y, const Tensor& sum) {
  const bool gates = ctx.tape->tracks(gate);  // then y is needed
  ctx.tape->record({sum}, [x = Place(x), gate, kept = gates ? y : Tensor(), place = Place(y), sum = Place(sum)](
                              Context& c, Tape& tape) {
    const Tensor gradient = tape.gradient_of(sum);
    if (!gradient) return;
    declare(c, "gated_add_backward", gradient, 5);
    const GradientKernels& gradients = gradient_kernels(c);
    if (Tensor dx = tape.add_to(c, x)) gradients.add_scaled(c.pool(), gradient, 1.0f, dx);
    if (Tensor dy = tape.add_to(c, place)) {
      kernel_table(c).gated_add(c.pool(), dy, gate, gradient, dy);
    }
    if (!kept) return;
    const Tensor dgate = tape.add_to(c, gate);
    for (int64_t image = 0; image < gate.dim(0); ++image) {
      Tensor row = row_of(dgate, image);
      gradients.add_product_sums(c.pool(), image_rows(kept, image, gate.dim(0)),
                                 image_rows(gradient, image, gate.dim(0)), row);
    }
  });
}

void record_concat(Context& ctx, const Tensor& x, const Tensor& y, int axis, const Tensor& joined) {
  const int64_t middle = x.dim(axis);
  ctx.tape->record({joined},
                   [x = Place(x), y = Place(y), axis, middle, joined = Place(joined)](Context& c, Tape& tape) {
                     const Tensor gradient = tape.gradient_of(joined);
                     if (!gradient) return;
                     declare(c, "concat_backward", gradient, 1);
                     const GradientKernels& gradients = gradient_kernels(c);
                     if (Tensor dx = tape.add_to(c, x))
                       gradients.add_scaled(c.pool(), gradient.slice(axis, 0, middle), 1.0f, dx);
                     if (Tensor dy = tape.add_to(c, y)) {
                       gradients.add_scaled(c.pool(), gradient.slice(axis, middle, gradient.dim(axis)), 1.0f, dy);
                     }
                   });
}

void record_contiguous(Context& ctx, const Tensor& x, const Tensor& y) {
  ctx.tape->record({y}, [x = Place(x), y = Place(y)](Context& c, Tape& tape) {
    const Tensor dy = tape.gradient_of(y);
    if (!dy) return;
    declare(c, "contiguous_backward", dy, 1);
    Tensor dx = tape.add_to(c, x);
    gradient_kernels(c).add_scaled(c.pool(), dy, 1.0f, dx);
  });
}

void record_patchify(Context& ctx, const Tensor& image, const PatchForm& form, const Tensor& tokens) {
  record_move(ctx, "patchify_backward", image, tokens, [form](Context& c, const Tensor& dy, Tensor& moved) {
    kernel_table(c).unpatchify(c.pool(), dy, form, moved);
  });
}

void record_unpatchify(Context& ctx, const Tensor& tokens, const PatchForm& form, const Tensor& image) {
  record_move(ctx, "unpatchify_backward", tokens, image, [form](Context& c, const Tensor& dy, Tensor& moved) {
    kernel_table(c).patchify(c.pool(), dy, form, moved);
  });
}

void record_transposed_rows(Context& ctx, const Tensor& x, int64_t m, int64_t n, const Tensor& y) {
  record_move(ctx, "image_layout_backward", x, y, [m, n](Context& c, const Tensor& dy, Tensor& moved) {
    for (int64_t row = 0; row < moved.dim(0); ++row) {
      Tensor target = moved.slice(0, row, row + 1).reshape({m, n});
      kernel_table(c).transpose(c.pool(), dy.slice(0, row, row + 1).reshape({n, m}), target);
    }
  });
}

void record_average_pool(Context& ctx, const Tensor& x, const Tensor& y) {
  ctx.tape->record({y}, [x = Place(x), y = Place(y)](Context& c, Tape& tape) {
    const Tensor dy = tape.gradient_of(y);
    if (!dy) return;
    declare(c, "average_pool_backward", dy, 2);
    Tensor dx = tape.add_to(c, x);
    gradient_kernels(c).average_pool(c.pool(), dy, dx);
  });
}

void record_linear_attention(Context& ctx, const AttentionStream& stream, int64_t rows, const Tensor& y) {
  ctx.tape->record({y}, [stream, rows, y = Place(y)](Context& c, Tape& tape) {
    const Tensor dy = tape.gradient_of(y);
    if (!dy) return;
    declare(c, "relu_linear_attention_backward", dy, 10 * static_cast<double>(stream.q.dim(2)));
    AttentionGradients gradients{tape.add_to(c, stream.q), tape.add_to(c, stream.k), tape.add_to(c, stream.v)};
    gradient_kernels(c).linear_attention(c.pool(), stream, rows, dy, gradients);
  });
}

void record_pixel_shuffle(Context& ctx, const Tensor& x, int64_t side, const Tensor& y) {
  ctx.tape->record({y}, [x = Place(x), side, y = Place(y)](Context& c, Tape& tape) {
    const Tensor dy = tape.gradient_of(y);
    if (!dy) return;
    declare(c, "pixel_shuffle_backward", dy, 1);
    Tensor dx = tape.add_to(c, x);
    gradient_kernels(c).pixel_shuffle(c.pool(), dy, side, dx);
  });
}

void record_pixel_unshuffle(Context& ctx, const Tensor& x, int64_t side, const Tensor& y) {
  ctx.tape->record({y}, [x = Place(x), side, y = Place(y)](Context& c, Tape& tape) {
    const Tensor dy = tape.gradient_of(y);
    if (!dy) return;
    declare(c, "pixel_unshuffle_backward", dy, 1);
    Tensor dx = tape.add_to(c, x);
    gradient_kernels(c).pixel_unshuffle(c.pool(), dy, side, dx);
  });
}

}  // namespace diptych
