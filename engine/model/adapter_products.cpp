#include "engine/model/adapter_products.h"

namespace diptych {

Tensor through_core(Context& ctx, const Tensor& core, const Tensor& b) {
  const int64_t outer = core.dim(0), inner = b.dim(0), channels = b.dim(1), taps = core.dim(1) / inner;
  Tensor product = ctx.output({outer, channels * taps}, DType::f32, Owner::workspace);
  if (ctx.is_meta()) return product;
  for (int64_t i = 0; i < outer; ++i) {
    for (int64_t c = 0; c < channels; ++c) {
      float* out = product.data<float>() + (i * channels + c) * taps;
      for (int64_t tap = 0; tap < taps; ++tap) {
        double sum = 0;
        for (int64_t j = 0; j < inner; ++j) {
          sum +=
              static_cast<double>(core.data<float>()[(i * inner + j) * taps + tap]) * b.data<float>()[j * channels + c];
        }
        out[tap] = static_cast<float>(sum);
      }
    }
  }
  return product;
}

Factors hadamard_factors(Context& ctx, const Factors& first, const Factors& second) {
  const int64_t rows = first.a.dim(0), cols = first.b.dim(1), r1 = first.b.dim(0), r2 = second.b.dim(0);
  Factors factors{ctx.output({rows, r1 * r2}, DType::f32, Owner::workspace),
                  ctx.output({r1 * r2, cols}, DType::f32, Owner::workspace)};
  if (ctx.is_meta()) return factors;
  float* up = factors.a.data<float>();
  for (int64_t row = 0; row < rows; ++row) {
    for (int64_t i = 0; i < r1; ++i) {
      for (int64_t j = 0; j < r2; ++j)
        *up++ = first.a.data<float>()[row * r1 + i] * second.a.data<float>()[row * r2 + j];
    }
  }
  float* down = factors.b.data<float>();
  for (int64_t i = 0; i < r1; ++i) {
    for (int64_t j = 0; j < r2; ++j) {
      const float *x = first.b.data<float>() + i * cols, *y = second.b.data<float>() + j * cols;
      for (int64_t col = 0; col < cols; ++col) *down++ = x[col] * y[col];
    }
  }
  return factors;
}

Tensor kronecker(Context& ctx, const Tensor& a, const Tensor& b) {
  const int64_t m = a.dim(0), n = a.dim(1), p = b.dim(0), q = b.dim(1);
  Tensor product = ctx.output({m * p, n * q}, DType::f32, Owner::workspace);
  if (ctx.is_meta()) return product;
  float* out = product.data<float>();
  for (int64_t row = 0; row < m * p; ++row) {
    for (int64_t col = 0; col < n; ++col) {
      const float factor = a.data<float>()[row / p * n + col];
      const float* values = b.data<float>() + row % p * q;
      for (int64_t i = 0; i < q; ++i) *out++ = factor * values[i];
    }
  }
  return product;
}

Tensor identity(Context& ctx, int64_t n) {
  Tensor matrix = ctx.output({n, n}, DType::f32, Owner::workspace);
  for (int64_t i = 0; i < n * n && !ctx.is_meta(); ++i) matrix.data<float>()[i] = i % (n + 1) == 0 ? 1.0f : 0.0f;
  return matrix;
}

}  // namespace diptych
