#include "kernels/cpu/rope.h"

#include "engine/ops/cpu/cpu_ops.h"

namespace diptych::cpu_ops {

void rope_angles(ThreadPool& pool, std::span<const int32_t> positions, const Rope& rope, RopeAngles& angles) {
  pool.parallel_for(static_cast<int64_t>(positions.size()), 32, [&](int64_t begin, int64_t end) {
    const int64_t row = angles.cos.dim(1);
    kernels::cpu::rope_table(positions.data(), begin, end, rope.inverse_frequencies.data(),
                             static_cast<int>(rope.rotary_dim()), rope.magnitude,
                             angles.cos.data<float>() + begin * row, angles.sin.data<float>() + begin * row);
  });
}

void rope(ThreadPool& pool, const Tensor& x, const RopeAngles& angles, Tensor& y) {
  const auto style =
      angles.style == RopeStyle::half ? kernels::cpu::RopeStyle::half_split : kernels::cpu::RopeStyle::interleaved;
  const int64_t heads = x.dim(1), head_dim = x.dim(2);
  pool.parallel_for(x.dim(0), 16, [&](int64_t begin, int64_t end) {
    kernels::cpu::rope(style, x.data<float>(), x.stride(0), static_cast<int>(heads), static_cast<int>(head_dim),
                       static_cast<int>(2 * angles.cos.dim(1)), angles.cos.data<float>(), angles.sin.data<float>(),
                       begin, end, y.data<float>(), heads * head_dim);
  });
}

}  // namespace diptych::cpu_ops
