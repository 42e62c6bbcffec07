#include "kernels/cpu/rope.h"

#include <algorithm>

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

void axial_rope_angles(ThreadPool& pool, std::span<const float> positions, const AxialRope& rope, RopeAngles& angles) {
  const auto axes = static_cast<int64_t>(rope.dims.size());
  const int64_t row = angles.cos.dim(1);
  pool.parallel_for(angles.cos.dim(0), 32, [&](int64_t begin, int64_t end) {
    int64_t column = 0;
    for (int64_t axis = 0; axis < axes; ++axis) {
      const int64_t dims = rope.dims[static_cast<size_t>(axis)];
      kernels::cpu::axis_rope_table(positions.data() + axis, axes, begin, end, rope.theta, static_cast<int>(dims),
                                    angles.cos.data<float>() + column, angles.sin.data<float>() + column, row);
      column += dims / 2;
    }
  });
}

void rope(ThreadPool& pool, const Tensor& x, const RopeAngles& angles, Tensor& y) {
  const auto style =
      angles.style == RopeStyle::half ? kernels::cpu::RopeStyle::half_split : kernels::cpu::RopeStyle::interleaved;
  const int64_t heads = x.dim(1), head_dim = x.dim(2), period = angles.cos.dim(0);
  pool.parallel_for(x.dim(0), 16, [&](int64_t begin, int64_t end) {
    while (begin < end) {
      const int64_t turn = begin / period * period, stop = std::min(end, turn + period);
      kernels::cpu::rope(style, x.data<float>() + turn * x.stride(0), x.stride(0), static_cast<int>(heads),
                         static_cast<int>(head_dim), static_cast<int>(2 * angles.cos.dim(1)), angles.cos.data<float>(),
                         angles.sin.data<float>(), begin - turn, stop - turn, y.data<float>() + turn * heads * head_dim,
                         heads * head_dim);
      begin = stop;
    }
  });
}

}  // namespace diptych::cpu_ops
