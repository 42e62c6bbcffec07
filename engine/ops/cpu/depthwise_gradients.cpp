#include "engine/ops/cpu/conv_image.h"
#include "engine/ops/cpu/image_gradients.h"
#include "kernels/cpu/elementwise.h"

namespace diptych::cpu_ops {
namespace {

// The pixel of the result that tap `tap` takes from the seen pixel `seen`, along one axis; -1: none does.
int64_t result_of(int64_t seen, int64_t tap, int64_t padding, int64_t stride, int64_t results) {
  const int64_t place = seen + padding - tap;
  if (place < 0 || place % stride != 0) return -1;
  return place / stride < results ? place / stride : -1;
}

// … and the seen pixel that it takes for a pixel of the result; -1: one of the padding.
int64_t seen_of(int64_t result, int64_t tap, int64_t padding, int64_t stride, int64_t seen) {
  const int64_t place = result * stride + tap - padding;
  return place >= 0 && place < seen ? place : -1;
}

}  // namespace

void depthwise_input(ThreadPool& pool, const Tensor& dy, const Tensor& taps, const ConvShape& shape, Tensor& dseen) {
  const int64_t height = dseen.dim(1), width = dseen.dim(2), channels = dseen.dim(3);
  const int64_t out_height = dy.dim(1), out_width = dy.dim(2);
  pool.parallel_for(dseen.dim(0) * height, 1, [&](int64_t begin, int64_t end) {
    for (int64_t line = begin; line < end; ++line) {
      const float* image = dy.data<float>() + line / height * out_height * out_width * channels;
      for (int64_t x = 0; x < width; ++x) {
        float* sum = dseen.data<float>() + (line * width + x) * channels;
        for (int64_t tap = 0; tap < shape.taps(); ++tap) {
          const int64_t oy =
              result_of(line % height, tap / shape.kernel_width, shape.padding.top, shape.stride, out_height);
          const int64_t ox = result_of(x, tap % shape.kernel_width, shape.padding.left, shape.stride, out_width);
          if (oy < 0 || ox < 0) continue;
          kernels::cpu::gated_add(sum, taps.data<float>() + tap * channels, image + (oy * out_width + ox) * channels,
                                  channels, sum);
        }
      }
    }
  });
}

void depthwise_taps(ThreadPool& pool, const Tensor& x, const Tensor& dy, const ConvShape& shape,
                    const Upsampling& upsampling, Tensor& dtaps) {
  const kernels::cpu::ConvImage image = conv_image(x, shape, upsampling);
  const int64_t channels = image.channels, halved = image.upsampled ? 2 : 1;
  pool.parallel_for(shape.taps(), 1, [&](int64_t begin, int64_t end) {
    for (int64_t tap = begin; tap < end; ++tap) {
      float* sum = dtaps.data<float>() + tap * channels;
      const float* of_result = dy.data<float>();
      for (int64_t line = 0; line < x.dim(0) * image.out_height; ++line) {
        const float* row = x.data<float>() + line / image.out_height * image.height * image.width * channels;
        const int64_t sy = seen_of(line % image.out_height, tap / shape.kernel_width, shape.padding.top, shape.stride,
                                   image.seen_height);
        for (int64_t ox = 0; ox < image.out_width; ++ox, of_result += channels) {
          const int64_t sx = seen_of(ox, tap % shape.kernel_width, shape.padding.left, shape.stride, image.seen_width);
          if (sy < 0 || sx < 0) continue;
          kernels::cpu::gated_add(sum, of_result, row + (sy / halved * image.width + sx / halved) * channels, channels,
                                  sum);
        }
      }
    }
  });
}

}  // namespace diptych::cpu_ops
