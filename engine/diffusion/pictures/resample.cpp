#include "engine/diffusion/pictures/resample.h"

#include <algorithm>
#include <cassert>
#include <cmath>
#include <numbers>
#include <vector>

namespace diptych::diffusion {
namespace {

double radius_of(ResampleFilter filter) {
  return filter == ResampleFilter::bilinear ? 1 : filter == ResampleFilter::bicubic ? 2 : 3;
}

double sinc(double x) {
  const double angle = std::numbers::pi * x;
  return angle == 0 ? 1 : std::sin(angle) / angle;
}

double filter_at(ResampleFilter filter, double x) {
  x = std::abs(x);
  if (x >= radius_of(filter)) return 0;
  switch (filter) {
    case ResampleFilter::bilinear:
      return 1 - x;
    case ResampleFilter::bicubic:
      return x < 1 ? (1.5 * x - 2.5) * x * x + 1 : ((-0.5 * x + 2.5) * x - 4) * x + 2;
    case ResampleFilter::lanczos:
      return sinc(x) * sinc(x / 3);
  }
  return 0;
}

// For each value of a line the values of the source line that it is made of.
struct Taps {
  int64_t first = 0;
  std::vector<float> weights;
};

std::vector<Taps> taps_of(int64_t from, int64_t to, ResampleFilter filter) {
  const double scale = static_cast<double>(from) / static_cast<double>(to), widened = std::max(scale, 1.0);
  const double radius = radius_of(filter) * widened;
  std::vector<Taps> all(static_cast<size_t>(to));
  for (int64_t i = 0; i < to; ++i) {
    const double centre = (static_cast<double>(i) + 0.5) * scale;
    const auto first = std::max<int64_t>(0, static_cast<int64_t>(std::floor(centre - radius)));
    const auto last = std::min(from, static_cast<int64_t>(std::ceil(centre + radius)));
    std::vector<double> weights;
    double sum = 0;
    for (int64_t j = first; j < last; ++j) {
      weights.push_back(filter_at(filter, (static_cast<double>(j) + 0.5 - centre) / widened));
      sum += weights.back();
    }
    Taps& taps = all[static_cast<size_t>(i)];
    taps.first = first;
    for (const double weight : weights) taps.weights.push_back(static_cast<float>(weight / sum));
  }
  return all;
}

}  // namespace

Tensor resampled(Context& ctx, const Tensor& x, int64_t height, int64_t width, ResampleFilter filter) {
  assert(x.shape().rank() == 4 && x.dtype() == DType::f32 && x.contiguous() && height > 0 && width > 0);
  const int64_t planes = x.dim(0) * x.dim(1), h = x.dim(2), w = x.dim(3);
  Tensor across = ctx.output({planes, h, width}, DType::f32, Owner::workspace);
  Tensor y = ctx.output({x.dim(0), x.dim(1), height, width});
  if (y.is_meta()) return y;
  const std::vector<Taps> columns = taps_of(w, width, filter), lines = taps_of(h, height, filter);
  ctx.pool().parallel_for(planes * h, 16, [&](int64_t begin, int64_t end) {
    for (int64_t line = begin; line < end; ++line) {
      const float* in = x.data<float>() + line * w;
      float* out = across.data<float>() + line * width;
      for (const Taps& taps : columns) {
        float sum = 0;
        for (size_t k = 0; k < taps.weights.size(); ++k)
          sum += taps.weights[k] * in[taps.first + static_cast<int64_t>(k)];
        *out++ = sum;
      }
    }
  });
  ctx.pool().parallel_for(planes * height, 16, [&](int64_t begin, int64_t end) {
    for (int64_t line = begin; line < end; ++line) {
      const Taps& taps = lines[static_cast<size_t>(line % height)];
      const float* in = across.data<float>() + (line / height * h + taps.first) * width;
      float* out = y.data<float>() + line * width;
      std::fill_n(out, width, 0.0f);
      for (size_t k = 0; k < taps.weights.size(); ++k, in += width) {
        for (int64_t i = 0; i < width; ++i) out[i] += taps.weights[k] * in[i];
      }
    }
  });
  return y;
}

}  // namespace diptych::diffusion
