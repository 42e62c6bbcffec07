#include <algorithm>

#include "engine/ops/cpu/cpu_ops.h"
#include "kernels/cpu/convert.h"
#include "kernels/cpu/dequantize.h"
#include "kernels/cpu/elementwise.h"
#include "kernels/cpu/matmul.h"

namespace diptych::cpu_ops {
namespace {

namespace k = kernels::cpu;

// Enough ranges that a slow core can be helped out, few enough that claiming them costs nothing; for one token a range
// should still be a long sequential read.
int64_t rows_per_range(const ThreadPool& pool, int64_t rows) {
  const int64_t tile = k::tile_rows();
  const int64_t ranges = static_cast<int64_t>(pool.threads()) * 8;
  const int64_t even = (rows + ranges - 1) / ranges;
  return std::clamp((even + tile - 1) / tile * tile, tile, 16 * tile);
}

}  // namespace

int64_t packed_bytes(DType dtype, int64_t rows, int64_t cols) {
  return static_cast<int64_t>(k::packed_bytes(dtype, rows, cols));
}

void pack(ThreadPool& pool, DType dtype, const std::byte* source, int64_t rows, int64_t cols, Tensor& packed) {
  pool.parallel_for(rows, k::tile_rows() * 4, [&](int64_t begin, int64_t end) {
    k::pack_rows(dtype, source, rows, cols, begin, end, packed.raw());
  });
}

void widen(DType dtype, const std::byte* source, int64_t values, Tensor& y) {
  k::dequantize(dtype, source, values, y.data<float>());
}

int64_t prepared_row_bytes(DType dtype, int64_t cols) {
  return k::activation_format(dtype) == k::ActivationFormat::f32
             ? 0
             : static_cast<int64_t>(k::activation_bytes(dtype, cols));
}

int activation_format(DType dtype) {
  return static_cast<int>(k::activation_format(dtype));
}

void prepare(ThreadPool& pool, DType dtype, const Tensor& x, Tensor& prepared) {
  pool.parallel_for(x.dim(0), 16, [&](int64_t begin, int64_t end) {
    k::prepare_activations(dtype, x.data<float>(), x.dim(1), x.dim(1), begin, end, prepared.raw());
  });
}

void matmul(ThreadPool& pool, const Weight& weight, const Tensor& prepared, const Tensor& bias, Tensor& y,
            int64_t first_column) {
  pool.parallel_for(weight.rows, rows_per_range(pool, weight.rows), [&](int64_t begin, int64_t end) {
    k::matmul(weight.dtype, weight.packed.raw(), weight.rows, weight.cols, prepared.raw(), prepared.dim(0), begin, end,
              bias ? bias.data<float>() : nullptr, y.data<float>() + first_column, y.dim(1));
  });
}

void embedding(ThreadPool& pool, const Weight& table, std::span<const int32_t> ids, float scale, Tensor& y) {
  pool.parallel_for(static_cast<int64_t>(ids.size()), 8, [&](int64_t begin, int64_t end) {
    float* out = y.data<float>();
    k::gather_packed_rows(table.dtype, table.packed.raw(), table.rows, table.cols, ids.data(), begin, end, out,
                          table.cols);
    if (scale != 1.0f) k::scale(out + begin * table.cols, scale, (end - begin) * table.cols, out + begin * table.cols);
  });
}

}  // namespace diptych::cpu_ops
