#include "engine/ops/join.h"

#include <algorithm>
#include <cstring>

#include "engine/ops/cpu/cpu_ops.h"

namespace diptych::cpu_ops {

void copy_blocks(ThreadPool& pool, const Tensor& x, const BlockCopy& blocks, Tensor& y) {
  constexpr int64_t grain = 16384;  // blocks may be a few large ones or many small ones: ranges are of values
  pool.parallel_for(x.elements(), grain, [&](int64_t begin, int64_t end) {
    while (begin < end) {
      const int64_t block = begin / blocks.values, place = begin % blocks.values;
      const int64_t count = std::min(end - begin, blocks.values - place);
      std::memcpy(y.data<float>() + blocks.target_offset + block * blocks.target_stride + place,
                  x.data<float>() + block * blocks.source_stride + place, static_cast<size_t>(count) * sizeof(float));
      begin += count;
    }
  });
}

}  // namespace diptych::cpu_ops
