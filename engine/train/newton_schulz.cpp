#include "engine/train/newton_schulz.h"

#include <algorithm>
#include <cmath>

#include "engine/ops/gradient_kernels.h"
#include "engine/ops/kernel_table.h"
#include "engine/ops/linear.h"
#include "engine/train/ranges.h"
#include "kernels/cpu/matmul.h"
#include "kernels/cpu/optimizer.h"

namespace diptych::train {
namespace {

constexpr int newton_schulz_steps = 5;
constexpr float coefficient_a = 3.4445f, coefficient_b = -4.7750f, coefficient_c = 2.0315f;
constexpr double smallest_norm = 1e-7;

Tensor front_of(const Tensor& room, int64_t rows, int64_t columns) {
  return room.slice(0, 0, rows * columns).reshape({rows, columns});
}

// One factor of x W^T, in place of whatever the room held.
Weight factor(const Tensor& room, int64_t rows, int64_t columns) {
  return {.name = {}, .dtype = DType::f32, .rows = rows, .cols = columns, .packed = room, .streamed = nullptr};
}

// y [n, n] += x W^T, of which it is known that it is symmetric, as y is: what lies above the diagonal is copied.
void add_symmetric_product(Context& ctx, const Weight& weight, const Tensor& x, const Tensor& y) {
  const int64_t n = x.dim(0), strip = kernels::cpu::tile_rows() * 4;
  float* to = y.data<float>();
  ctx.pool().parallel_for((n + strip - 1) / strip, 1, [&](int64_t first, int64_t last) {
    for (int64_t begin = first * strip; begin < std::min(n, last * strip); begin += strip) {
      kernels::cpu::strided_matmul(weight.dtype, weight.packed.raw(), n, weight.cols,
                                   x.data<float>() + begin * x.stride(0), x.stride(0), n - begin, begin,
                                   std::min(n, begin + strip), to + begin * n, n, true);
    }
  });
  constexpr int64_t tile = 32;  // both sides of the diagonal stay in a cache
  ctx.pool().parallel_for((n + tile - 1) / tile, 1, [&](int64_t first, int64_t last) {
    for (int64_t row = first * tile; row < std::min(n, last * tile); row += tile) {
      for (int64_t column = row; column < n; column += tile) {
        for (int64_t i = row; i < std::min(n, row + tile); ++i) {
          for (int64_t j = std::max(i + 1, column); j < std::min(n, column + tile); ++j) to[i * n + j] = to[j * n + i];
        }
      }
    }
  });
}

}  // namespace

NewtonSchulz::NewtonSchulz(Context& ctx, std::span<const Shape> matrices) {
  const auto packed_bytes = [&](int64_t rows, int64_t columns) {
    return kernel_table(ctx).packed_bytes(DType::f32, rows, columns);
  };
  int64_t values = 0, square = 0, bytes = 0;
  for (const Shape& shape : matrices) {
    const int64_t rows = std::min(shape[0], shape[1]), columns = std::max(shape[0], shape[1]);
    values = std::max(values, rows * columns);
    square = std::max(square, rows * rows);
    bytes = std::max({bytes, packed_bytes(rows, columns), packed_bytes(columns, rows), packed_bytes(rows, rows)});
  }
  values_ = ctx.output({values}, DType::f32, Owner::optimizer);
  next_ = ctx.output({values}, DType::f32, Owner::optimizer);
  gram_ = ctx.output({square}, DType::f32, Owner::optimizer);
  scaled_ = ctx.output({square}, DType::f32, Owner::optimizer);
  polynomial_ = ctx.output({square}, DType::f32, Owner::optimizer);
  packed_ = ctx.output({bytes}, DType::u8, Owner::optimizer);
}

Tensor NewtonSchulz::input(int64_t rows, int64_t columns) const {
  assert(rows <= columns && rows * columns <= values_.elements() && rows * rows <= gram_.elements());
  return front_of(values_, rows, columns);
}

void NewtonSchulz::iterate(Context& ctx, const Tensor& x, Tensor next) const {
  const int64_t rows = x.dim(0), columns = x.dim(1);
  const auto& kernels = kernel_table(ctx);
  ThreadPool& pool = ctx.pool();
  Tensor gram = front_of(gram_, rows, rows), scaled = front_of(scaled_, rows, rows),
         polynomial = front_of(polynomial_, rows, rows);

  Weight weight = factor(packed_, rows, columns);
  kernels.pack(pool, DType::f32, x.raw(), rows, columns, weight.packed);
  gradient_kernels(ctx).clear(pool, gram);
  add_symmetric_product(ctx, weight, x, gram);

  weight = factor(packed_, rows, rows);  // symmetric: its own transpose
  kernels.pack(pool, DType::f32, gram.raw(), rows, rows, weight.packed);
  kernels.scale_offset(pool, gram, coefficient_c, 0, scaled);
  kernels.scale_offset(pool, gram, coefficient_b, 0, polynomial);
  add_symmetric_product(ctx, weight, scaled, polynomial);

  weight = factor(packed_, columns, rows);
  gradient_kernels(ctx).pack_columns(pool, x, weight.packed);
  kernels.scale_offset(pool, x, coefficient_a, 0, next);
  kernels.add_product(pool, weight, polynomial, next, 0);
}

Tensor NewtonSchulz::orthogonal(Context& ctx, const Tensor& input) const {
  const double squares = sum_over_ranges(ctx, input.elements(), [&](int64_t begin, int64_t end) {
    return kernels::cpu::sum_of_squares(input.data<float>() + begin, end - begin);
  });
  Tensor x = input, next = front_of(next_, input.dim(0), input.dim(1));
  const auto scale = static_cast<float>(1 / std::max(std::sqrt(squares), smallest_norm));
  kernel_table(ctx).scale_offset(ctx.pool(), input, scale, 0, next);
  for (int step = 0; step < newton_schulz_steps; ++step) {
    std::swap(x, next);
    iterate(ctx, x, next);
  }
  return next;
}

double NewtonSchulz::flops(int64_t rows, int64_t columns) {
  const auto less = static_cast<double>(std::min(rows, columns)), more = static_cast<double>(std::max(rows, columns));
  return newton_schulz_steps * (3 * less * less * more + less * less * less);
}

}  // namespace diptych::train
