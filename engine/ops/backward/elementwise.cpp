#include "engine/ops/backward/products.h"
#include "engine/ops/backward/record.h"
#include "engine/ops/gradient_kernels.h"
#include "engine/ops/kernel_table.h"

namespace diptych {
namespace {

void declare(Context& ctx, const char* op, const Tensor& dy, double flops_each) {
  const auto elements = static_cast<double>(dy.elements());
  ctx.declare(op, {.flops = flops_each * elements, .read_bytes = 12 * elements, .written_bytes = 4 * elements});
}

// Records an op of one input: body(ctx, dy, dx) adds to dx.
template <typename Body>
void record_unary(Context& ctx, const char* op, double flops_each, const Tensor& x, const Tensor& y, Body body) {
  ctx.tape->record({y}, [op, flops_each, x = Place(x), y = Place(y), body = std::move(body)](Context& c, Tape& tape) {
    const Tensor dy = tape.gradient_of(y);
    if (!dy) return;
    declare(c, op, dy, flops_each);
    body(c, dy, tape.add_to(c, x));
  });
}

void add_to(Context& ctx, const Tensor& x, float factor, Tensor y) {
  gradient_kernels(ctx).add_scaled(ctx.pool(), x, factor, y);
}

}  // namespace

void record_add(Context& ctx, const Tensor& x, const Tensor& y, const Tensor& sum) {
  ctx.tape->record({sum}, [x = Place(x), y = Place(y), sum = Place(sum)](Context& c, Tape& tape) {
    const Tensor gradient = tape.gradient_of(sum);
    if (!gradient) return;
    declare(c, "add_backward", gradient, 2);
    for (const Place& input : {x, y}) {
      if (const Tensor target = tape.add_to(c, input)) add_to(c, gradient, 1.0f, target);
    }
  });
}

void record_add_rows(Context& ctx, const Tensor& x, const Tensor& y, const Tensor& sum) {
  ctx.tape->record({sum}, [x = Place(x), y = Place(y), sum = Place(sum)](Context& c, Tape& tape) {
    const Tensor gradient = tape.gradient_of(sum);
    if (!gradient) return;
    declare(c, "add_rows_backward", gradient, 2);
    if (const Tensor target = tape.add_to(c, x)) add_to(c, gradient, 1.0f, target);
    if (const Tensor target = tape.add_to(c, y)) {
      const int64_t rows = target.dim(0);
      for (int64_t first = 0; first < gradient.dim(0); first += rows) {
        add_to(c, gradient.slice(0, first, first + rows), 1.0f, target);
      }
    }
  });
}

void record_soft_cap(Context& ctx, const Tensor& x, float cap, const Tensor& y) {
  record_unary(ctx, "soft_cap_backward", 12, x, y, [x, cap](Context& c, const Tensor& dy, Tensor dx) {
    gradient_kernels(c).soft_cap(c.pool(), x, cap, dy, dx);
  });
}

void record_scale_offset(Context& ctx, const Tensor& x, float scale, const Tensor& y) {
  record_unary(ctx, "scale_backward", 2, x, y,
               [scale](Context& c, const Tensor& dy, Tensor dx) { add_to(c, dy, scale, std::move(dx)); });
}

void record_transpose(Context& ctx, const Tensor& x, const Tensor& y) {
  record_unary(ctx, "transpose_backward", 1, x, y, [](Context& c, const Tensor& dy, Tensor dx) {
    Tensor turned = c.output(dx.shape(), DType::f32, Owner::workspace);
    kernel_table(c).transpose(c.pool(), dy, turned);
    add_to(c, turned, 1.0f, std::move(dx));
  });
}

void record_gather_rows(Context& ctx, const Tensor& x, std::span<const int32_t> rows, const Tensor& y) {
  record_unary(ctx, "gather_rows_backward", 1, x, y,
               [rows = std::vector<int32_t>(rows.begin(), rows.end())](Context& c, const Tensor& dy, Tensor dx) {
                 gradient_kernels(c).add_to_rows(c.pool(), dy, rows, 1.0f, dx);
               });
}

void record_activate(Context& ctx, const Tensor& x, Activation activation, const Tensor& y) {
  const Kept kept = ctx.tape->keep(x);
  record_unary(ctx, "activate_backward", 14, x, y, [kept, activation](Context& c, const Tensor& dy, Tensor dx) {
    gradient_kernels(c).activate(c.pool(), kept.get(c), activation, dy, dx);
  });
  ctx.tape->can_remake(y, [kept, activation](Context& c) { return activate(c, kept.get(c), activation); });
}

void record_gated_activation(Context& ctx, const Tensor& x, Activation activation, bool gate_first, const Tensor& y) {
  record_unary(ctx, "gated_activation_backward", 16, x, y,
               [x, activation, gate_first](Context& c, const Tensor& dy, Tensor dx) {
                 gradient_kernels(c).gated_activation(c.pool(), x, activation, gate_first, dy, dx);
               });
  ctx.tape->can_remake(y, [x, activation, gate_first](Context& c) {
    return gate_first ? gated_activation(c, x, activation) : gated_activation_behind(c, x, activation);
  });
}

// A turn is taken back by the turn the other way. Values beyond the rotary ones pass both ways.
void record_rope(Context& ctx, const Tensor& x, const RopeAngles& angles, const Tensor& y) {
  record_unary(ctx, "rope_backward", 4, x, y, [angles](Context& c, const Tensor& dy, Tensor dx) {
    RopeAngles back{
        .cos = angles.cos, .sin = c.output(angles.sin.shape(), DType::f32, Owner::workspace), .style = angles.style};
    kernel_table(c).scale_offset(c.pool(), angles.sin, -1.0f, 0.0f, back.sin);
    Tensor turned = c.output(dy.shape(), DType::f32, Owner::workspace);
    kernel_table(c).rope(c.pool(), dy, back, turned);
    add_to(c, turned, 1.0f, std::move(dx));
  });
}

}  // namespace diptych
