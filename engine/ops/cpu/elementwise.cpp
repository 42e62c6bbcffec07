#include "kernels/cpu/elementwise.h"

#include <algorithm>
#include <cstring>

#include "engine/ops/cpu/cpu_ops.h"
#include "kernels/cpu/transpose.h"

namespace diptych::cpu_ops {
namespace {

constexpr int64_t chunk =
    16384;  // values per range: a fraction of the first-level cache, far above the cost of a claim

}  // namespace

kernels::cpu::Activation kernel_activation(Activation activation) {
  switch (activation) {
    case Activation::silu:
      return kernels::cpu::Activation::silu;
    case Activation::gelu_tanh:
      return kernels::cpu::Activation::gelu_tanh;
    case Activation::gelu_erf:
      return kernels::cpu::Activation::gelu_erf;
    case Activation::quick_gelu:
      return kernels::cpu::Activation::quick_gelu;
    case Activation::relu:
      return kernels::cpu::Activation::relu;
  }
  return kernels::cpu::Activation::silu;
}

void gated_activation(ThreadPool& pool, const Tensor& x, Activation activation, bool gate_first, Tensor& y) {
  const int64_t n = y.dim(1);
  const auto kind = kernel_activation(activation);
  const float* gates = x.data<float>() + (gate_first ? 0 : n);
  const float* ups = x.data<float>() + (gate_first ? n : 0);
  if (y.dim(0) == 1) {
    pool.parallel_for(n, 4096, [&](int64_t begin, int64_t end) {
      kernels::cpu::gated(kind, gates + begin, ups + begin, end - begin, y.data<float>() + begin);
    });
    return;
  }
  pool.parallel_for(y.dim(0), 4, [&](int64_t begin, int64_t end) {
    for (int64_t t = begin; t < end; ++t) {
      kernels::cpu::gated(kind, gates + t * 2 * n, ups + t * 2 * n, n, y.data<float>() + t * n);
    }
  });
}

void activate(ThreadPool& pool, const Tensor& x, Activation activation, Tensor& y) {
  const auto kind = kernel_activation(activation);
  pool.parallel_for(x.elements(), chunk, [&](int64_t begin, int64_t end) {
    kernels::cpu::activate(kind, x.data<float>() + begin, end - begin, y.data<float>() + begin);
  });
}

void add(ThreadPool& pool, const Tensor& x, const Tensor& y, Tensor& sum) {
  pool.parallel_for(x.elements(), chunk, [&](int64_t begin, int64_t end) {
    kernels::cpu::add(x.data<float>() + begin, y.data<float>() + begin, end - begin, sum.data<float>() + begin);
  });
}

void add_rows(ThreadPool& pool, const Tensor& x, const Tensor& y, Tensor& sum) {
  const int64_t cols = x.dim(1), rows = y.dim(0);
  pool.parallel_for(x.dim(0), std::max<int64_t>(1, chunk / cols), [&](int64_t begin, int64_t end) {
    for (int64_t i = begin; i < end; ++i) {
      kernels::cpu::add(x.data<float>() + i * cols, y.data<float>() + i % rows * cols, cols,
                        sum.data<float>() + i * cols);
    }
  });
}

void soft_cap(ThreadPool& pool, const Tensor& x, float cap, Tensor& y) {
  pool.parallel_for(x.elements(), chunk, [&](int64_t begin, int64_t end) {
    kernels::cpu::softcap(x.data<float>() + begin, cap, end - begin, y.data<float>() + begin);
  });
}

void scale_offset(ThreadPool& pool, const Tensor& x, float scale, float offset, Tensor& y) {
  pool.parallel_for(x.elements(), chunk, [&](int64_t begin, int64_t end) {
    kernels::cpu::scale_offset(x.data<float>() + begin, scale, offset, end - begin, y.data<float>() + begin);
  });
}

void clamp(ThreadPool& pool, const Tensor& x, float low, float high, Tensor& y) {
  pool.parallel_for(x.elements(), chunk, [&](int64_t begin, int64_t end) {
    kernels::cpu::clamp(x.data<float>() + begin, low, high, end - begin, y.data<float>() + begin);
  });
}

void transpose(ThreadPool& pool, const Tensor& x, Tensor& y) {
  constexpr int64_t columns = 16;  // as many as a cache line holds
  const int64_t rows = x.dim(0), cols = x.dim(1), stride = x.stride(0);
  pool.parallel_for((cols + columns - 1) / columns, 1, [&](int64_t begin, int64_t end) {
    kernels::cpu::transpose(x.data<float>(), stride, rows, begin * columns, std::min(cols, end * columns),
                            y.data<float>(), rows);
  });
}

void copy_rows(ThreadPool& pool, const Tensor& x, std::span<const int32_t> rows, Tensor& y) {
  const auto bytes = static_cast<size_t>(y.dim(1)) * sizeof(float);
  pool.parallel_for(y.dim(0), 16, [&](int64_t begin, int64_t end) {
    for (int64_t i = begin; i < end; ++i) {
      assert(rows[static_cast<size_t>(i)] >= 0 && rows[static_cast<size_t>(i)] < x.dim(0));
      std::memcpy(y.data<float>() + i * y.dim(1), x.data<float>() + rows[static_cast<size_t>(i)] * x.dim(1), bytes);
    }
  });
}

}  // namespace diptych::cpu_ops
