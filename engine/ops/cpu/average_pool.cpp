#include "kernels/cpu/average_pool.h"

#include "engine/ops/cpu/cpu_ops.h"

namespace diptych::cpu_ops {

void average_pool(ThreadPool& pool, const Tensor& x, Tensor& y) {
  const float* source = x.data<float>();
  float* target = y.data<float>();
  const int64_t height = x.dim(1), width = x.dim(2), channels = x.dim(3), lines = y.dim(1), columns = y.dim(2);
  pool.parallel_for(y.dim(0) * lines, 8, [=](int64_t begin, int64_t end) {
    for (int64_t i = begin; i < end; ++i) {
      kernels::cpu::average_pool_line(source + i / lines * height * width * channels, height, width, channels,
                                      i % lines, target + i * columns * channels);
    }
  });
}

}  // namespace diptych::cpu_ops
