#include "engine/ops/adapter_math.h"

#include <algorithm>
#include <cmath>
#include <utility>

#include "engine/ops/elementwise.h"
#include "engine/ops/kernel_table.h"

namespace diptych {
namespace {

constexpr int64_t range_values = int64_t{1} << 15;

void for_rows(Context& ctx, const Tensor& x, RangeBody body) {
  if (!ctx.is_meta()) ctx.pool().parallel_for(x.dim(0), std::max<int64_t>(1, range_values / x.dim(1)), body);
}

// Reads `inputs` matrices as large as x and writes x.
void declare_rows(Context& ctx, const char* op, const Tensor& x, int inputs, bool writes = true) {
  const auto bytes = static_cast<double>(x.bytes());
  ctx.declare(op, {.flops = 2.0 * static_cast<double>(x.elements()),
                   .read_bytes = inputs * bytes,
                   .written_bytes = writes ? bytes : 0});
}

// Values in the order in which a convolution's kernel is packed.
Tensor kernel_order(Context& ctx, DType dtype, const ConvShape* kernel, const Tensor& stored) {
  if (kernel == nullptr || kernel->taps() == 1) return stored;
  ConvShape shape = *kernel;
  shape.out_channels = stored.dim(0);
  Tensor reordered = ctx.output({stored.bytes()}, DType::u8, Owner::workspace);
  kernel_table(ctx).reorder_taps(ctx.pool(), dtype, stored.raw(), shape, reordered);
  return reordered;
}

}  // namespace

Tensor multiply(Context& ctx, const Tensor& a, const Tensor& b) {
  assert(a.dim(1) == b.dim(0));
  const Tensor turned = transpose(ctx, b);  // [n, k]
  Linear layer;
  layer.blocks.push_back({pack_weight(ctx, "factor", DType::f32, turned.dim(0), turned.dim(1), turned.raw())});
  return linear(ctx, a, layer);
}

void add_scaled_rows(Context& ctx, Tensor& sum, const Tensor& x, std::span<const float> factors) {
  assert(sum.shape() == x.shape() && static_cast<int64_t>(factors.size()) == x.dim(0));
  declare_rows(ctx, "add_scaled_rows", x, 2);
  const int64_t cols = x.dim(1);
  for_rows(ctx, x, [&](int64_t begin, int64_t end) {
    for (int64_t row = begin; row < end; ++row) {
      const float factor = factors[static_cast<size_t>(row)];
      const float* from = x.data<float>() + row * cols;
      float* to = sum.data<float>() + row * cols;
      for (int64_t i = 0; i < cols; ++i) to[i] += factor * from[i];
    }
  });
}

void scale_rows(Context& ctx, Tensor& x, std::span<const float> factors) {
  assert(static_cast<int64_t>(factors.size()) == x.dim(0));
  declare_rows(ctx, "scale_rows", x, 1);
  const int64_t cols = x.dim(1);
  for_rows(ctx, x, [&](int64_t begin, int64_t end) {
    for (int64_t row = begin; row < end; ++row) {
      float* values = x.data<float>() + row * cols;
      for (int64_t i = 0; i < cols; ++i) values[i] *= factors[static_cast<size_t>(row)];
    }
  });
}

void multiply_values(Context& ctx, Tensor& a, const Tensor& b) {
  assert(a.shape() == b.shape());
  declare_rows(ctx, "multiply_values", a, 2);
  const int64_t cols = a.dim(1);
  for_rows(ctx, a, [&](int64_t begin, int64_t end) {
    float* to = a.data<float>();
    const float* from = b.data<float>();
    for (int64_t i = begin * cols; i < end * cols; ++i) to[i] *= from[i];
  });
}

std::vector<float> row_norms(Context& ctx, const Tensor& w, const Tensor& delta, float factor) {
  assert(w.shape() == delta.shape());
  declare_rows(ctx, "row_norms", w, 2, false);
  const int64_t cols = w.dim(1);
  std::vector<float> norms(static_cast<size_t>(w.dim(0)));
  for_rows(ctx, w, [&](int64_t begin, int64_t end) {
    for (int64_t row = begin; row < end; ++row) {
      const float *a = w.data<float>() + row * cols, *b = delta.data<float>() + row * cols;
      double sum = 0;
      for (int64_t i = 0; i < cols; ++i) {
        const double value = static_cast<double>(a[i]) + static_cast<double>(factor) * b[i];
        sum += value * value;
      }
      norms[static_cast<size_t>(row)] = static_cast<float>(std::sqrt(sum));
    }
  });
  return norms;
}

std::vector<float> column_norms(Context& ctx, const Tensor& w, const Tensor& delta, float factor, int64_t width) {
  assert(w.shape() == delta.shape() && w.dim(1) % width == 0);
  declare_rows(ctx, "column_norms", w, 2, false);
  const int64_t cols = w.dim(1), groups = cols / width;
  std::vector<float> norms(static_cast<size_t>(groups));
  if (ctx.is_meta()) return norms;
  ctx.pool().parallel_for(groups, 16, [&](int64_t begin, int64_t end) {
    for (int64_t group = begin; group < end; ++group) {
      double sum = 0;
      for (int64_t row = 0; row < w.dim(0); ++row) {
        for (int64_t i = row * cols + group * width; i < row * cols + (group + 1) * width; ++i) {
          const double value =
              static_cast<double>(w.data<float>()[i]) + static_cast<double>(factor) * delta.data<float>()[i];
          sum += value * value;
        }
      }
      norms[static_cast<size_t>(group)] = static_cast<float>(std::sqrt(sum));
    }
  });
  return norms;
}

void repack(Context& ctx, const Weight& weight, const ConvShape* kernel, const Tensor& values) {
  assert(!is_quantized(weight.dtype) && values.dim(0) == weight.rows && values.dim(1) == weight.cols);
  declare_rows(ctx, "repack", values, 1);
  const KernelTable& table = kernel_table(ctx);
  Tensor stored = values;
  if (weight.dtype != DType::f32) {
    stored = ctx.output(values.shape(), weight.dtype, Owner::workspace);
    table.narrow(ctx.pool(), values, stored);
  }
  const Tensor ordered = kernel_order(ctx, weight.dtype, kernel, stored);
  Tensor packed = weight.packed;
  table.pack(ctx.pool(), weight.dtype, ordered.raw(), weight.rows, weight.cols, packed);
}

Weight pack_values(Context& ctx, std::string name, const ConvShape* kernel, const Tensor& values) {
  const Tensor ordered = kernel_order(ctx, DType::f32, kernel, values);
  return pack_weight(ctx, std::move(name), DType::f32, values.dim(0), values.dim(1), ordered.raw());
}

}  // namespace diptych
