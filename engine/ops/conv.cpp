#include "engine/ops/conv.h"

#include <algorithm>
#include <utility>

#include "engine/ops/adapter.h"
#include "engine/ops/backward/record_image.h"
#include "engine/ops/kernel_table.h"
#include "engine/ops/pack_parts.h"
#include "engine/ops/plain_product.h"
#include "engine/ops/weight_stream.h"
#include "engine/ops/winograd.h"

namespace diptych {
namespace {

// Bytes of pixels that are laid out for the matrix product at a time: what a second-level cache holds beside weights.
constexpr int64_t column_bytes = int64_t{1} << 20;

double real(int64_t value) {
  return static_cast<double>(value);
}

Conv2d pack_depthwise(Context& ctx, DType dtype, const ConvShape& shape, const std::byte* source, const Tensor& bias) {
  Conv2d conv{shape, {}, {}, bias};
  const KernelTable& table = kernel_table(ctx);
  Tensor widened = ctx.output({shape.in_channels, shape.taps()}, DType::f32, Owner::workspace);
  table.widen(dtype, source, widened.elements(), widened);
  conv.taps = ctx.output({shape.taps(), shape.in_channels}, DType::f32, Owner::weights);
  table.transpose(ctx.pool(), widened, conv.taps);
  return conv;
}

// As a matrix product, some pixels at a time.
void multiply_columns(Context& ctx, const Tensor& x, const Conv2d& conv, const Upsampling& upsampling, Tensor& y) {
  const KernelTable& table = kernel_table(ctx);
  const int64_t pixels = y.dim(0) * y.dim(1) * y.dim(2), cols = conv.matrix.blocks.front().weight.cols;
  Tensor all = y.reshape({pixels, conv.shape.out_channels});
  const int64_t step = std::clamp<int64_t>(column_bytes / (4 * cols), std::min<int64_t>(pixels, 48), pixels);
  Tensor columns = ctx.output({step, cols}, DType::f32, Owner::workspace);
  if (ctx.is_meta()) return;  // a prediction should not take as many turns
  for (int64_t begin = 0; begin < pixels; begin += step) {
    const int64_t end = std::min(begin + step, pixels);
    Tensor some_columns = columns.slice(0, 0, end - begin), some = all.slice(0, begin, end);
    table.im2col(ctx.pool(), x, conv.shape, upsampling, begin, some_columns);
    table.matmul(ctx.pool(), conv.matrix.blocks, some_columns, true, some, 0);
  }
}

void filter_tiles(Context& ctx, const Tensor& x, const Conv2d& conv, const Upsampling& upsampling, Tensor& y) {
  const int64_t tiles = x.dim(0) * winograd_tiles_of(y.dim(1), y.dim(2));
  Tensor input = ctx.output({winograd_input_values(conv.shape, tiles)}, DType::f32, Owner::workspace);
  Tensor scratch = ctx.output({ctx.pool().threads(), winograd_scratch(conv.shape)}, DType::f32, Owner::workspace);
  kernel_table(ctx).winograd_conv(ctx.pool(), x, conv, upsampling, input, scratch, y);
}

}  // namespace

int64_t ConvShape::out_height(int64_t height) const {
  return (height + padding.top + padding.bottom - kernel_height) / stride + 1;
}

int64_t ConvShape::out_width(int64_t width) const {
  return (width + padding.left + padding.right - kernel_width) / stride + 1;
}

Conv2d pack_conv2d(Context& ctx, std::string name, DType dtype, const ConvShape& shape, const std::byte* source,
                   const Tensor& bias) {
  const size_t row_bytes = dtype_bytes(dtype, shape.taps() * shape.in_channels / shape.groups);
  return pack_conv2d_in_parts(
      ctx, std::move(name), dtype, shape,
      [=](int64_t begin, int64_t) { return source + static_cast<size_t>(begin) * row_bytes; }, bias);
}

Conv2d pack_conv2d_in_parts(Context& ctx, std::string name, DType dtype, const ConvShape& shape,
                            const RowSource& source, const Tensor& bias, Owner owner) {
  assert(!is_quantized(dtype) && (!bias || bias.elements() == shape.out_channels));
  assert(shape.groups == 1 || (shape.groups == shape.in_channels && shape.groups == shape.out_channels));
  if (shape.depthwise()) {
    return pack_depthwise(ctx, dtype, shape, ctx.is_meta() ? nullptr : source(0, shape.out_channels), bias);
  }
  const KernelTable& table = kernel_table(ctx);
  const int64_t rows = shape.out_channels, cols = shape.taps() * shape.in_channels;
  Conv2d conv{shape, {}, {}, {}};
  if (shape.taps() == 1) {
    conv.matrix.blocks.push_back({pack_weight_in_parts(ctx, std::move(name), dtype, rows, cols, source, owner), bias});
    return conv;
  }
  const auto part_bytes = static_cast<int64_t>(dtype_bytes(dtype, rows_of_part(dtype, rows, cols) * cols));
  Tensor reordered = ctx.output({part_bytes}, DType::u8, Owner::workspace);
  const RowSource reorder = [&](int64_t begin, int64_t end) {
    ConvShape part = shape;
    part.out_channels = end - begin;
    table.reorder_taps(ctx.pool(), dtype, source(begin, end), part, reordered);
    return reordered.raw();
  };
  conv.matrix.blocks.push_back({pack_weight_in_parts(ctx, std::move(name), dtype, rows, cols, reorder, owner), bias});
  return conv;
}

Tensor conv2d(Context& ctx, const Tensor& x, const Conv2d& conv, const Upsampling& upsampling, int64_t whole_height) {
  const ConvShape& shape = conv.shape;
  assert(x.shape().rank() == 4 && x.dim(3) == shape.in_channels && x.dtype() == DType::f32 && x.contiguous());
  if (is_streamed(conv.matrix)) {
    Conv2d here = conv;
    here.matrix = in_memory(ctx, conv.matrix);
    for (RowBlock& block : here.matrix.blocks) block.adapter = nullptr;
    const bool recorded = ctx.tape != nullptr && (ctx.tape->tracks(x) || is_adapter_trained(ctx, conv.matrix));
    Tensor y;
    {
      const PausedTape paused(ctx);
      y = conv2d(ctx, x, here, upsampling, whole_height);
    }
    if (recorded) record_conv2d(ctx, x, conv, upsampling, y);
    add_adapters(ctx, x, conv, upsampling, y);
    return y;
  }
  const bool upsampled = upsampling.height > 0;
  assert(!upsampled || ((upsampling.height + 1) / 2 == x.dim(1) && (upsampling.width + 1) / 2 == x.dim(2)));
  const int64_t height = upsampled ? upsampling.height : x.dim(1), width = upsampled ? upsampling.width : x.dim(2);
  const Shape result{x.dim(0), shape.out_height(height), shape.out_width(width), shape.out_channels};
  assert(result[1] > 0 && result[2] > 0);
  const int64_t inputs = shape.taps() * shape.in_channels / shape.groups;  // of one value of the result
  Cost cost{.flops = 2 * real(result.elements()) * real(inputs),
            .read_bytes = real(x.bytes()),
            .written_bytes = 4 * real(result.elements())};
  if (conv.taps) {
    cost.weight_bytes = real(conv.taps.bytes());
  } else {
    for (const RowBlock& block : conv.matrix.blocks) cost.weight_bytes += real(block.weight.bytes());
  }
  const bool by_winograd = winograd_pays(shape, whole_height > 0 ? whole_height : result[1], result[2]);
  const bool by_pixel =
      shape.taps() == 1 && shape.stride == 1 && !upsampled && result[1] == x.dim(1) && result[2] == x.dim(2);
  const Shape pixels{x.elements() / shape.in_channels, shape.in_channels};
  if (by_winograd) {
    cost.flops = winograd_flops(shape, x.dim(0) * winograd_tiles_of(result[1], result[2]));
  } else if (by_pixel && !shape.depthwise()) {
    cost.flops = plain_product_flops(ctx, x.reshape(pixels), conv.matrix.blocks);
  }
  bool recorded = false;
  if (shape.depthwise()) {
    recorded = ctx.declare_differentiable("depthwise conv2d", cost, {&x, &conv.taps, &conv.tap_bias});
  } else {
    const RowBlock& only = conv.matrix.blocks.front();
    recorded = ctx.declare_differentiable("conv2d", cost, {&x, &only.weight.packed, &only.bias}) ||
               is_adapter_trained(ctx, conv.matrix);
  }
  Tensor y = ctx.output(result);
  if (shape.depthwise()) {
    kernel_table(ctx).depthwise_conv(ctx.pool(), x, conv, upsampling, y);
  } else if (by_winograd) {
    filter_tiles(ctx, x, conv, upsampling, y);
  } else if (by_pixel) {
    Tensor results = y.reshape({result.elements() / shape.out_channels, shape.out_channels});
    plain_product(ctx, x.reshape(pixels), conv.matrix.blocks, results, 0);
  } else {
    multiply_columns(ctx, x, conv, upsampling, y);
  }
  if (recorded && shape.depthwise()) {
    record_depthwise_conv(ctx, x, conv, upsampling, y);
  } else if (recorded) {
    record_conv2d(ctx, x, conv, upsampling, y);
  }
  add_adapters(ctx, x, conv, upsampling, y);
  return y;
}

}  // namespace diptych
