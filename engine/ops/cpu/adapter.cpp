#include <algorithm>

#include "engine/ops/cpu/cpu_ops.h"
#include "kernels/cpu/elementwise.h"
#include "kernels/cpu/matmul.h"

namespace diptych::cpu_ops {

namespace k = kernels::cpu;

// Low-rank products have many tokens and few columns: tokens are spread over the threads. A single token's rows are.
void add_product(ThreadPool& pool, const Weight& weight, const Tensor& x, Tensor& y, int64_t first_column) {
  constexpr int64_t token_range = 48;  // whole panels of tokens
  const int64_t tokens = x.dim(0);
  const auto add = [&](int64_t first_token, int64_t count, int64_t row_begin, int64_t row_end) {
    k::strided_matmul(weight.dtype, weight.packed.raw(), weight.rows, weight.cols,
                      x.data<float>() + first_token * x.stride(0), x.stride(0), count, row_begin, row_end,
                      y.data<float>() + first_token * y.dim(1) + first_column, y.dim(1), true);
  };
  if (tokens >= token_range * pool.threads()) {
    pool.parallel_for(tokens, token_range,
                      [&](int64_t begin, int64_t end) { add(begin, end - begin, 0, weight.rows); });
    return;
  }
  const int64_t tiles = (weight.rows + k::tile_rows() - 1) / k::tile_rows();
  const int64_t grain = std::max<int64_t>(1, 65536 / (k::tile_rows() * weight.cols));
  pool.parallel_for(tiles, grain, [&](int64_t begin, int64_t end) {
    add(0, tokens, begin * k::tile_rows(), std::min(end * k::tile_rows(), weight.rows));
  });
}

void scale_columns(ThreadPool& pool, const Tensor& gain, const Tensor& offset, Tensor& y, int64_t first_column) {
  const int64_t columns = gain.dim(0);
  pool.parallel_for(y.dim(0), std::max<int64_t>(1, 16384 / columns), [&](int64_t begin, int64_t end) {
    for (int64_t row = begin; row < end; ++row) {
      float* values = y.data<float>() + row * y.stride(0) + first_column;
      k::gated_add(offset.data<float>(), gain.data<float>(), values, columns, values);
    }
  });
}

}  // namespace diptych::cpu_ops
