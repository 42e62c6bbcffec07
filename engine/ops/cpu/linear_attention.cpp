#include "engine/ops/linear_attention.h"

#include <algorithm>

#include "engine/ops/cpu/cpu_ops.h"
#include "kernels/cpu/elementwise.h"
#include "kernels/cpu/linear_attention.h"

namespace diptych::cpu_ops {

void linear_attention(ThreadPool& pool, const AttentionStream& stream, int64_t rows, Tensor& partial, Tensor& states,
                      Tensor& y) {
  const Tensor &q = stream.q, &k = stream.k, &v = stream.v;
  const int64_t tokens = q.dim(0) / rows, heads = q.dim(1), head_dim = q.dim(2), chunks = partial.dim(1),
                state = states.dim(1);
  // Chunks are of a fixed size and summed in their order: the number of threads changes nothing.
  pool.parallel_for(rows * heads * chunks, 1, [&](int64_t begin, int64_t end) {
    for (int64_t i = begin; i < end; ++i) {
      const int64_t chunk = i % chunks, head = i / chunks % heads, row = i / (chunks * heads);
      const int64_t first = row * tokens + chunk * linear_attention_chunk;
      const int64_t count = std::min(linear_attention_chunk, tokens - chunk * linear_attention_chunk);
      kernels::cpu::relu_attention_state(k.data<float>() + first * k.stride(0) + head * k.stride(1), k.stride(0),
                                         v.data<float>() + first * v.stride(0) + head * v.stride(1), v.stride(0), count,
                                         head_dim, partial.data<float>() + i * state);
    }
  });
  pool.parallel_for(rows * heads, 1, [&](int64_t begin, int64_t end) {
    for (int64_t i = begin; i < end; ++i) {
      float* sum = states.data<float>() + i * state;
      std::copy_n(partial.data<float>() + i * chunks * state, state, sum);
      for (int64_t chunk = 1; chunk < chunks; ++chunk) {
        kernels::cpu::add(sum, partial.data<float>() + (i * chunks + chunk) * state, state, sum);
      }
    }
  });
  pool.parallel_for(rows * tokens, 16, [&](int64_t begin, int64_t end) {
    for (int64_t t = begin; t < end; ++t) {
      for (int64_t head = 0; head < heads; ++head) {
        kernels::cpu::relu_attention_apply(q.data<float>() + t * q.stride(0) + head * q.stride(1),
                                           states.data<float>() + (t / tokens * heads + head) * state, head_dim, 1e-15f,
                                           y.data<float>() + (t * heads + head) * head_dim);
      }
    }
  });
}

}  // namespace diptych::cpu_ops
