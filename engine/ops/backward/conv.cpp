#include <algorithm>
#include <utility>

#include "engine/ops/adapter.h"
#include "engine/ops/backward/gain.h"
#include "engine/ops/backward/products.h"
#include "engine/ops/backward/record_image.h"
#include "engine/ops/gradient_kernels.h"
#include "engine/ops/kernel_table.h"
#include "engine/ops/weight_stream.h"

namespace diptych {
namespace {

constexpr int64_t column_bytes = int64_t{1} << 20;  // laid out at a time, as on the way there

Tensor pixels_of(const Tensor& image) {
  return image.reshape({image.elements() / image.dim(3), image.dim(3)});
}

bool is_pixelwise(const Conv2d& conv, const Upsampling& upsampling, const Tensor& x, const Tensor& y) {
  return conv.shape.taps() == 1 && conv.shape.stride == 1 && upsampling.height == 0 && x.dim(1) == y.dim(1) &&
         x.dim(2) == y.dim(2);
}

// Input channels whose turned weights are made at a time: at most 8 MiB, which the last cache holds.
int64_t turned_step(const ConvShape& shape) {
  constexpr int64_t bytes = int64_t{8} << 20, rows = 16;  // of the packed layout
  const int64_t most = std::max(rows, bytes / (4 * shape.taps() * shape.out_channels) / rows * rows);
  const int64_t parts = (shape.in_channels + most - 1) / most;  // about equal ones
  return std::min(shape.in_channels, ((shape.in_channels + parts - 1) / parts + rows - 1) / rows * rows);
}

// The convolution that takes gradients back through one with stride 1 to its input channels [first, first + channels).
// `room` is memory for its weight.
Conv2d turned(Context& ctx, const Conv2d& conv, const Weight& weight, int64_t first, int64_t channels,
              const Tensor& room) {
  const ConvShape& shape = conv.shape;
  Conv2d back{shape, {}, {}, {}};
  back.shape.in_channels = shape.out_channels;
  back.shape.out_channels = channels;
  back.shape.padding = {shape.kernel_height - 1 - shape.padding.top, shape.kernel_width - 1 - shape.padding.left,
                        shape.kernel_height - 1 - shape.padding.bottom, shape.kernel_width - 1 - shape.padding.right};
  Weight packed{weight.name, DType::f32, channels, shape.taps() * shape.out_channels, room, nullptr};
  gradient_kernels(ctx).pack_turned(ctx.pool(), weight, shape, first, channels, packed.packed);
  back.matrix.blocks.push_back({std::move(packed), {}});
  return back;
}

// dx += what the result's gradient says of it, some channels at a time.
void add_turned(Context& ctx, const Conv2d& conv, const Weight& weight, const Upsampling& upsampling, const Tensor& dy,
                Tensor dx) {
  const int64_t step = turned_step(conv.shape);
  const Tensor room =
      ctx.output({kernel_table(ctx).packed_bytes(DType::f32, step, conv.shape.taps() * conv.shape.out_channels)},
                 DType::u8, Owner::workspace);
  for (int64_t first = 0; first < conv.shape.in_channels; first += step) {
    const int64_t channels = std::min(step, conv.shape.in_channels - first);
    // [rows, seen height, seen width, channels]
    const Tensor seen = conv2d(ctx, dy, turned(ctx, conv, weight, first, channels, room));
    Tensor part = dx.slice(3, first, first + channels);
    if (upsampling.height > 0) {
      gradient_kernels(ctx).add_upsampled(ctx.pool(), seen, upsampling, part);
    } else {
      gradient_kernels(ctx).add_scaled(ctx.pool(), seen, 1.0f, part);
    }
  }
}

bool padding_can_turn(const ConvShape& shape) {
  const Padding& p = shape.padding;
  return std::max(p.top, p.bottom) < shape.kernel_height && std::max(p.left, p.right) < shape.kernel_width;
}

// body(first pixel, pixels) for as many of the result's as columns are laid out for.
template <typename Body>
void for_pixels(int64_t pixels, int64_t cols, const Body& body) {
  const int64_t step = std::clamp<int64_t>(column_bytes / (4 * cols), std::min<int64_t>(pixels, 48), pixels);
  for (int64_t begin = 0; begin < pixels; begin += step) body(begin, std::min(step, pixels - begin));
}

void add_input_gradient(Context& ctx, const Conv2d& conv, const Weight& weight, const Upsampling& upsampling,
                        const Tensor& dy, Tensor dx) {
  const GradientKernels& gradients = gradient_kernels(ctx);
  if (is_pixelwise(conv, upsampling, dx, dy)) return add_times_weight(ctx, pixels_of(dy), weight, pixels_of(dx));
  if (conv.shape.stride == 1 && padding_can_turn(conv.shape)) return add_turned(ctx, conv, weight, upsampling, dy, dx);
  const Tensor pixels = pixels_of(dy);
  for_pixels(pixels.dim(0), weight.cols, [&](int64_t begin, int64_t count) {
    const Tensor columns = zeros(ctx, {count, weight.cols});
    add_times_weight(ctx, pixels.slice(0, begin, begin + count), weight, columns);
    gradients.add_columns(ctx.pool(), columns, conv.shape, upsampling, begin, dx);
  });
}

void add_kernel_gradient(Context& ctx, const Tensor& x, const Conv2d& conv, const Upsampling& upsampling,
                         const Tensor& dy, const Tensor& dw) {
  const Tensor pixels = pixels_of(dy);
  if (is_pixelwise(conv, upsampling, x, dy)) return add_weight_gradient(ctx, pixels, pixels_of(x), dw);
  for_pixels(pixels.dim(0), dw.dim(1), [&](int64_t begin, int64_t count) {
    Tensor columns = ctx.output({count, dw.dim(1)}, DType::f32, Owner::workspace);
    kernel_table(ctx).im2col(ctx.pool(), x, conv.shape, upsampling, begin, columns);
    add_weight_gradient(ctx, pixels.slice(0, begin, begin + count), columns, dw);
  });
}

}  // namespace

void record_conv2d(Context& ctx, const Tensor& x, const Conv2d& conv, const Upsampling& upsampling, const Tensor& y) {
  const RowBlock& only = conv.matrix.blocks.front();
  const bool trained = only.weight.packed && ctx.tape->tracks(only.weight.packed);
  ctx.tape->record({y}, [kept = trained ? ctx.tape->keep(x) : Kept(), place = Place(x), conv, upsampling, y = Place(y)](
                            Context& c, Tape& tape) {
    const Tensor dy = tape.gradient_of(y);
    if (!dy) return;
    const RowBlock& block = conv.matrix.blocks.front();
    const Weight weight = block.weight.streamed ? in_memory(c, block.weight) : block.weight;
    if (const Tensor dx = tape.add_to(c, place)) add_input_gradient(c, conv, weight, upsampling, dy, dx);
    if (kept) add_kernel_gradient(c, kept.get(c), conv, upsampling, dy, tape.add_to(c, weight.packed));
    if (Tensor dbias = tape.add_to(c, block.bias)) {
      gradient_kernels(c).add_column_sums(c.pool(), pixels_of(dy), dbias);
    }
  });
}

void record_conv_adapter(Context& ctx, const Tensor& x, const Conv2d& conv, const Upsampling& upsampling,
                         const Tensor& ranks, const Tensor& dense, const Tensor& y) {
  const BlockAdapter& adapter = *conv.matrix.blocks.front().adapter;
  const Tensor values = is_gain_trained(*ctx.tape, adapter) ? y : Tensor();
  const Kept seen = adapter.made ? ctx.tape->keep(x) : Kept();
  ctx.tape->record_in_place([seen, place = Place(x), conv, upsampling, ranks, dense = Place(dense), values,
                             y = Place(y)](Context& c, Tape& tape) {
    const Tensor dy = tape.gradient_of(y);
    if (!dy) return;
    const BlockAdapter& added = *conv.matrix.blocks.front().adapter;
    const Tensor pixels = pixels_of(dy);
    const Tensor through_ranks = ranks ? pixels_of(ranks) : ranks;
    if (ranks) {
      if (tape.tracks(added.up.packed)) add_weight_gradient(c, pixels, through_ranks, tape.add_to(c, added.up.packed));
      if (const Tensor dranks = tape.add_to(c, ranks)) add_times_weight(c, pixels, added.up, pixels_of(dranks));
    }
    if (Tensor ddense = tape.add_to(c, dense)) gradient_kernels(c).add_scaled(c.pool(), dy, 1.0f, ddense);
    if (added.made) {
      const Weight kernel = added.made->make(c);
      const Conv2d other = with_kernel(conv, kernel);
      if (const Tensor dx = tape.add_to(c, place)) add_input_gradient(c, other, kernel, upsampling, dy, dx);
      const Tensor dkernel = zeros(c, {kernel.rows, kernel.cols});
      add_kernel_gradient(c, seen.get(c), other, upsampling, dy, dkernel);
      added.made->take_back(c, dkernel);
    }
    take_back_gain(c, tape, added, values ? pixels_of(values) : values, through_ranks, pixels);
  });
}

}  // namespace diptych
