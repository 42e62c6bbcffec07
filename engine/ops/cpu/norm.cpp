#include "kernels/cpu/norm.h"

#include "engine/ops/cpu/cpu_ops.h"

namespace diptych::cpu_ops {
namespace {

// Below this many values a region costs more than it saves.
constexpr int64_t serial_values = 16384;

int64_t row_grain(int64_t rows, int64_t cols) {
  return rows * cols <= serial_values ? rows : std::max<int64_t>(1, serial_values / 4 / cols);
}

}  // namespace

void rms_norm(ThreadPool& pool, const Tensor& x, const Tensor& weight, float eps, Tensor& y) {
  namespace k = kernels::cpu;
  const int64_t cols = x.dim(-1);
  if (x.contiguous()) {
    const int64_t rows = x.elements() / cols;
    pool.parallel_for(rows, row_grain(rows, cols), [&](int64_t begin, int64_t end) {
      k::rms_norm(x.data<float>(), cols, weight.data<float>(), 0.0f, eps, cols, begin, end, y.data<float>(), cols);
    });
    return;
  }
  const int64_t tokens = x.dim(0), heads = x.dim(1);  // [tokens, heads, cols], rows of tokens strided
  pool.parallel_for(tokens, row_grain(tokens, heads * cols), [&](int64_t begin, int64_t end) {
    for (int64_t t = begin; t < end; ++t) {
      k::rms_norm(x.data<float>() + t * x.stride(0), x.stride(1), weight.data<float>(), 0.0f, eps, cols, 0, heads,
                  y.data<float>() + t * heads * cols, cols);
    }
  });
}

void layer_norm(ThreadPool& pool, const Tensor& x, const Tensor& weight, const Tensor& bias, float eps, Tensor& y) {
  const int64_t cols = x.dim(-1), rows = x.elements() / cols;
  const float* w = weight ? weight.data<float>() : nullptr;
  const float* b = bias ? bias.data<float>() : nullptr;
  pool.parallel_for(rows, row_grain(rows, cols), [&](int64_t begin, int64_t end) {
    kernels::cpu::layer_norm(x.data<float>(), cols, w, b, eps, cols, begin, end, y.data<float>(), cols);
  });
}

void add_rms_norm(ThreadPool& pool, const Tensor& x, const Tensor& y, const Tensor& weight, float eps, Tensor& sum,
                  Tensor& normed) {
  const int64_t cols = x.dim(-1), rows = x.elements() / cols;
  pool.parallel_for(rows, row_grain(rows, cols), [&](int64_t begin, int64_t end) {
    kernels::cpu::add_rms_norm(x.data<float>(), cols, y.data<float>(), cols, weight.data<float>(), 0.0f, eps, cols,
                               begin, end, sum.data<float>(), cols, normed.data<float>(), cols);
  });
}

}  // namespace diptych::cpu_ops
