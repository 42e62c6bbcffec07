#include "kernels/cpu/conv.h"

#include <algorithm>

#include "engine/ops/cpu/conv_image.h"
#include "engine/ops/cpu/cpu_ops.h"

namespace diptych::cpu_ops {

kernels::cpu::ConvImage conv_image(const Tensor& x, const ConvShape& shape, const Upsampling& upsampling) {
  const bool upsampled = upsampling.height > 0;
  kernels::cpu::ConvImage image{};
  image.height = x.dim(1);
  image.width = x.dim(2);
  image.channels = x.dim(3);
  image.upsampled = upsampled;
  image.seen_height = upsampled ? upsampling.height : image.height;
  image.seen_width = upsampled ? upsampling.width : image.width;
  image.kernel_height = shape.kernel_height;
  image.kernel_width = shape.kernel_width;
  image.stride = shape.stride;
  image.pad_top = shape.padding.top;
  image.pad_left = shape.padding.left;
  image.out_height = shape.out_height(image.seen_height);
  image.out_width = shape.out_width(image.seen_width);
  return image;
}

void reorder_taps(ThreadPool& pool, DType dtype, const std::byte* source, const ConvShape& shape, Tensor& reordered) {
  pool.parallel_for(shape.out_channels, 8, [&](int64_t begin, int64_t end) {
    kernels::cpu::reorder_taps(dtype_bytes(dtype, 1), source, shape.in_channels, shape.taps(), begin, end,
                               reordered.raw());
  });
}

void im2col(ThreadPool& pool, const Tensor& x, const ConvShape& shape, const Upsampling& upsampling,
            int64_t first_pixel, Tensor& columns) {
  const kernels::cpu::ConvImage image = conv_image(x, shape, upsampling);
  const int64_t cols = columns.dim(1);
  pool.parallel_for(columns.dim(0), std::max<int64_t>(1, 8192 / cols), [&](int64_t begin, int64_t end) {
    kernels::cpu::im2col(x.data<float>(), image, first_pixel + begin, first_pixel + end,
                         columns.data<float>() + begin * cols);
  });
}

void depthwise_conv(ThreadPool& pool, const Tensor& x, const Conv2d& conv, const Upsampling& upsampling, Tensor& y) {
  const kernels::cpu::ConvImage image = conv_image(x, conv.shape, upsampling);
  const int64_t pixels = y.elements() / y.dim(3);
  pool.parallel_for(pixels, std::max<int64_t>(1, 4096 / y.dim(3)), [&](int64_t begin, int64_t end) {
    kernels::cpu::depthwise_conv(x.data<float>(), image, conv.taps.data<float>(),
                                 conv.tap_bias ? conv.tap_bias.data<float>() : nullptr, begin, end, y.data<float>());
  });
}

}  // namespace diptych::cpu_ops
