#include "engine/ops/modulate.h"

#include <algorithm>

#include "engine/ops/cpu/cpu_ops.h"
#include "kernels/cpu/elementwise.h"
#include "kernels/cpu/norm.h"

namespace diptych::cpu_ops {
namespace {

int64_t token_grain(int64_t cols) {
  return std::max<int64_t>(1, 8192 / cols);
}

}  // namespace

void layer_norm_modulate(ThreadPool& pool, const Tensor& x, const Tensor& scale, const Tensor& shift, float eps,
                         Tensor& y) {
  const int64_t cols = x.dim(1), tokens = x.dim(0) / scale.dim(0);
  pool.parallel_for(x.dim(0), token_grain(cols), [&](int64_t begin, int64_t end) {
    while (begin < end) {
      const int64_t image = begin / tokens, stop = std::min(end, (image + 1) * tokens);
      kernels::cpu::layer_norm_modulate(x.data<float>(), cols, scale.data<float>() + image * scale.stride(0),
                                        shift.data<float>() + image * shift.stride(0), eps, cols, begin, stop,
                                        y.data<float>(), cols);
      begin = stop;
    }
  });
}

void gated_add(ThreadPool& pool, const Tensor& x, const Tensor& gate, const Tensor& y, Tensor& sum) {
  const int64_t cols = x.dim(1), tokens = x.dim(0) / gate.dim(0);
  pool.parallel_for(x.dim(0), token_grain(cols), [&](int64_t begin, int64_t end) {
    for (int64_t t = begin; t < end; ++t) {
      kernels::cpu::gated_add(x.data<float>() + t * cols, gate.data<float>() + t / tokens * gate.stride(0),
                              y.data<float>() + t * cols, cols, sum.data<float>() + t * cols);
    }
  });
}

}  // namespace diptych::cpu_ops
