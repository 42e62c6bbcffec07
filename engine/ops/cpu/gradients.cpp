// The cpu's kernels of the way back, for tensors.
#include <algorithm>
#include <cmath>
#include <cstring>

#include "engine/ops/cpu/attention_params.h"
#include "engine/ops/cpu/cpu_ops.h"
#include "engine/ops/cpu/image_gradients.h"
#include "engine/ops/gradient_kernels.h"
#include "kernels/cpu/activation_backward.h"
#include "kernels/cpu/attention_backward.h"
#include "kernels/cpu/cross_entropy.h"
#include "kernels/cpu/elementwise.h"
#include "kernels/cpu/norm_backward.h"
#include "kernels/cpu/pack_transposed.h"
#include "kernels/cpu/token_sums.h"

namespace diptych {
namespace {

namespace k = kernels::cpu;

constexpr int64_t chunk = 16384;      // values of a range, as of the ops of the way there
constexpr int64_t column_range = 64;  // columns of a range, where each goes over all tokens

int64_t rows_per_range(int64_t cols) {
  return std::max<int64_t>(1, chunk / std::max<int64_t>(1, cols));
}

void clear(ThreadPool& pool, Tensor& x) {
  pool.parallel_for(x.elements(), chunk, [&](int64_t begin, int64_t end) {
    std::fill(x.data<float>() + begin, x.data<float>() + end, 0.0f);
  });
}

void pack_columns(ThreadPool& pool, const Tensor& x, Tensor& packed) {
  const int64_t depth = x.dim(0), n = x.dim(1);
  pool.parallel_for(depth, std::max<int64_t>(16, rows_per_range(n)), [&](int64_t begin, int64_t end) {
    k::pack_columns(x.data<float>(), x.stride(0), n, begin, end, depth, packed.data<float>());
  });
}

void pack_transposed(ThreadPool& pool, const Weight& weight, int64_t first, int64_t depth, Tensor& packed) {
  pool.parallel_for(depth, 32, [&](int64_t begin, int64_t end) {
    k::pack_transposed(weight.dtype, weight.packed.raw(), weight.rows, weight.cols, first, begin, end, depth,
                       packed.data<float>());
  });
}

void add_outer_products(ThreadPool& pool, const Tensor& a, const Tensor& b, Tensor& c) {
  pool.parallel_for(b.dim(1), column_range, [&](int64_t begin, int64_t end) {
    k::add_outer_products(a.data<float>(), a.stride(0), a.dim(1), b.data<float>(), b.stride(0), a.dim(0), begin, end,
                          c.data<float>(), c.stride(0));
  });
}

void add_column_sums(ThreadPool& pool, const Tensor& x, Tensor& sums) {
  pool.parallel_for(x.dim(1), column_range, [&](int64_t begin, int64_t end) {
    k::add_column_sums(x.data<float>(), x.stride(0), x.dim(0), begin, end, sums.data<float>());
  });
}

void add_product_sums(ThreadPool& pool, const Tensor& x, const Tensor& y, Tensor& sums) {
  pool.parallel_for(x.dim(1), column_range, [&](int64_t begin, int64_t end) {
    k::add_product_sums(x.data<float>(), x.stride(0), y.data<float>(), y.stride(0), x.dim(0), begin, end,
                        sums.data<float>());
  });
}

void add_row(const float* x, float factor, int64_t count, float* y) {
  if (factor == 1.0f) {
    k::add(y, x, count, y);
  } else {
    k::add_scaled(x, factor, count, y);
  }
}

// Where row `index` of a tensor of any rank begins, in values from its first.
int64_t row_offset(const Tensor& x, int64_t index) {
  int64_t offset = 0;
  for (int axis = x.shape().rank() - 2; axis >= 0; --axis) {
    offset += index % x.dim(axis) * x.stride(axis);
    index /= x.dim(axis);
  }
  return offset;
}

void add_scaled(ThreadPool& pool, const Tensor& x, float factor, Tensor& y) {
  assert(x.stride(-1) == 1 && y.stride(-1) == 1);
  if (x.contiguous() && y.contiguous()) {
    pool.parallel_for(x.elements(), chunk, [&](int64_t begin, int64_t end) {
      add_row(x.data<float>() + begin, factor, end - begin, y.data<float>() + begin);
    });
    return;
  }
  const int64_t n = x.dim(-1);
  pool.parallel_for(x.elements() / n, rows_per_range(n), [&](int64_t begin, int64_t end) {
    for (int64_t i = begin; i < end; ++i) {
      add_row(x.data<float>() + row_offset(x, i), factor, n, y.data<float>() + row_offset(y, i));
    }
  });
}

// By columns: several rows may go to one.
void add_to_rows(ThreadPool& pool, const Tensor& x, std::span<const int32_t> rows, float factor, Tensor& y) {
  pool.parallel_for(x.dim(1), column_range, [&](int64_t begin, int64_t end) {
    for (size_t i = 0; i < rows.size(); ++i) {
      add_row(x.data<float>() + static_cast<int64_t>(i) * x.dim(1) + begin, factor, end - begin,
              y.data<float>() + rows[i] * y.stride(0) + begin);
    }
  });
}

// body(norm, begin, end) for chunks of rows, each with sums of its own.
template <typename Body>
void norm_backward(ThreadPool& pool, const Tensor& x, const Tensor& weight, float offset, float eps, const Tensor& dy,
                   NormGradients& gradients, const Body& body) {
  // Either rows one after the other, or [tokens, heads, n] with strided tokens.
  const int64_t cols = x.dim(-1), heads = x.contiguous() ? 1 : x.dim(1), tokens = x.elements() / cols / heads;
  const int64_t x_step = x.contiguous() ? cols : x.stride(0);
  const int64_t chunks = (tokens + norm_gradient_chunk - 1) / norm_gradient_chunk;
  pool.parallel_for(chunks, 1, [&](int64_t first, int64_t last) {
    for (int64_t c = first; c < last; ++c) {
      const int64_t begin = c * norm_gradient_chunk, end = std::min(tokens, begin + norm_gradient_chunk);
      k::NormBackward norm{.x = x.data<float>(),
                           .x_stride = x_step,
                           .dy = dy.data<float>(),
                           .dy_stride = cols,
                           .weight = weight ? weight.data<float>() : nullptr,
                           .weight_offset = offset,
                           .eps = eps,
                           .cols = cols,
                           .dx = gradients.dx ? gradients.dx.data<float>() : nullptr,
                           .dx_stride = x_step,
                           .dweight = gradients.dweight ? gradients.weight_sums.data<float>() + c * cols : nullptr,
                           .dbias = gradients.dbias ? gradients.bias_sums.data<float>() + c * cols : nullptr};
      if (heads == 1) {
        body(norm, begin, end);
        continue;
      }
      for (int64_t t = begin; t < end; ++t) {
        k::NormBackward token = norm;
        token.x += t * x_step;
        token.x_stride = token.dx_stride = x.stride(1);
        token.dy += t * heads * cols;
        if (token.dx != nullptr) token.dx += t * x_step;
        body(token, 0, heads);
      }
    }
  });
  if (gradients.dweight) add_column_sums(pool, gradients.weight_sums, gradients.dweight);
  if (gradients.dbias) add_column_sums(pool, gradients.bias_sums, gradients.dbias);
}

void rms_norm(ThreadPool& pool, const Tensor& x, const Tensor& weight, float eps, const Tensor& dy,
              NormGradients& gradients) {
  norm_backward(pool, x, weight, 0.0f, eps, dy, gradients, k::rms_norm_backward);
}

void layer_norm(ThreadPool& pool, const Tensor& x, const Tensor& weight, float offset, float eps, const Tensor& dy,
                NormGradients& gradients) {
  norm_backward(pool, x, weight, offset, eps, dy, gradients, k::layer_norm_backward);
}

void activate(ThreadPool& pool, const Tensor& x, Activation activation, const Tensor& dy, Tensor& dx) {
  const k::Activation kind = cpu_ops::kernel_activation(activation);
  pool.parallel_for(x.elements(), chunk, [&](int64_t begin, int64_t end) {
    k::activate_backward(kind, x.data<float>() + begin, dy.data<float>() + begin, end - begin,
                         dx.data<float>() + begin);
  });
}

void gated_activation(ThreadPool& pool, const Tensor& x, Activation activation, bool gate_first, const Tensor& dy,
                      Tensor& dx) {
  const k::Activation kind = cpu_ops::kernel_activation(activation);
  const int64_t n = dy.dim(1), gate = gate_first ? 0 : n, up = gate_first ? n : 0;
  pool.parallel_for(dy.dim(0), rows_per_range(n), [&](int64_t begin, int64_t end) {
    for (int64_t t = begin; t < end; ++t) {
      const float* row = x.data<float>() + t * 2 * n;
      float* gradient = dx.data<float>() + t * 2 * n;
      k::gated_backward(kind, row + gate, row + up, dy.data<float>() + t * n, n, gradient + gate, gradient + up);
    }
  });
}

void soft_cap(ThreadPool& pool, const Tensor& x, float cap, const Tensor& dy, Tensor& dx) {
  pool.parallel_for(x.elements(), chunk, [&](int64_t begin, int64_t end) {
    k::softcap_backward(x.data<float>() + begin, cap, dy.data<float>() + begin, end - begin, dx.data<float>() + begin);
  });
}

void attention(ThreadPool& pool, const Tensor& q, const KeyValues& kv, const AttentionOptions& options,
               const Tensor& dy, AttentionGradients& gradients) {
  const int64_t kv_heads = kv.keys.dim(1), head_dim = q.dim(2);
  const auto rows = [](const Tensor& x, int64_t row) {
    return k::HeadRows{x.data<float>() + row * x.stride(0), x.stride(0)};
  };
  const auto gradient = [](Tensor& x, int64_t row) {
    return x ? k::HeadGradients{x.data<float>() + row * x.stride(0), x.stride(0)} : k::HeadGradients{nullptr, 0};
  };
  pool.parallel_for(static_cast<int64_t>(kv.sequences.size()) * kv_heads, 1, [&](int64_t begin, int64_t end) {
    for (int64_t i = begin; i < end; ++i) {
      const AttentionSequence& sequence = kv.sequences[static_cast<size_t>(i / kv_heads)];
      const int64_t first = sequence.query_begin, key = sequence.contiguous_begin;
      const k::AttentionBackward work{.params = cpu_ops::attention_params(q, options, pool.threads()),
                                      .kv_heads = static_cast<int>(kv_heads),
                                      .head_dim = static_cast<int>(head_dim),
                                      .queries = sequence.query_end - first,
                                      .first_position = sequence.first_position,
                                      .keys = sequence.keys,
                                      .q = rows(q, first),
                                      .k = rows(kv.keys, key),
                                      .v = rows(kv.values, key),
                                      .dy = {dy.data<float>() + first * dy.stride(0), dy.stride(0)},
                                      .dq = gradient(gradients.dq, first),
                                      .dk = gradient(gradients.dk, key),
                                      .dv = gradient(gradients.dv, key)};
      const int head = static_cast<int>(i % kv_heads);
      k::attention_backward(work, head, head + 1);
    }
  });
}

void softmax_cross_entropy(ThreadPool& pool, std::span<const int32_t> labels, const Tensor& factors, Tensor& logits,
                           Tensor& losses) {
  const int64_t n = logits.dim(1);
  pool.parallel_for(logits.dim(0), 1, [&](int64_t begin, int64_t end) {
    for (int64_t row = begin; row < end; ++row) {
      losses.data<float>()[row] = k::softmax_cross_entropy(labels[static_cast<size_t>(row)], factors.data<float>()[row],
                                                           n, logits.data<float>() + row * n);
    }
  });
}

// Rows of a single value each are not handed out one by one.
int64_t rows_at_once(int64_t values_of_a_row) {
  return std::max<int64_t>(1, 4096 / values_of_a_row);
}

void squared_errors(ThreadPool& pool, const Tensor& x, const Tensor& target, const Tensor& factors, Tensor& losses) {
  const int64_t n = x.elements() / x.dim(0);
  pool.parallel_for(x.dim(0), rows_at_once(n), [&](int64_t begin, int64_t end) {
    for (int64_t row = begin; row < end; ++row) {
      const float *a = x.data<float>() + row * n, *b = target.data<float>() + row * n;
      double sum = 0;
      for (int64_t i = 0; i < n; ++i) {
        const auto away = static_cast<double>(a[i]) - static_cast<double>(b[i]);
        sum += away * away;
      }
      losses.data<float>()[row] =
          static_cast<float>(static_cast<double>(factors.data<float>()[row]) * sum / static_cast<double>(n));
    }
  });
}

void add_error_gradients(ThreadPool& pool, const Tensor& x, const Tensor& target, const Tensor& factors, Tensor& dx) {
  const int64_t n = x.elements() / x.dim(0);
  pool.parallel_for(x.dim(0), rows_at_once(n), [&](int64_t begin, int64_t end) {
    for (int64_t row = begin; row < end; ++row) {
      const float *a = x.data<float>() + row * n, *b = target.data<float>() + row * n;
      const float factor = 2 * factors.data<float>()[row] / static_cast<float>(n);
      float* sum = dx.data<float>() + row * n;
      for (int64_t i = 0; i < n; ++i) sum[i] += factor * (a[i] - b[i]);
    }
  });
}

}  // namespace

const GradientKernels& cpu_gradient_kernels() {
  static const GradientKernels table{.clear = clear,
                                     .pack_columns = pack_columns,
                                     .pack_transposed = pack_transposed,
                                     .add_outer_products = add_outer_products,
                                     .add_column_sums = add_column_sums,
                                     .add_scaled = add_scaled,
                                     .add_to_rows = add_to_rows,
                                     .rms_norm = rms_norm,
                                     .layer_norm = layer_norm,
                                     .activate = activate,
                                     .gated_activation = gated_activation,
                                     .soft_cap = soft_cap,
                                     .attention = attention,
                                     .add_product_sums = add_product_sums,
                                     .group_norm = cpu_ops::group_norm_gradients,
                                     .pack_turned = cpu_ops::pack_turned,
                                     .add_columns = cpu_ops::add_columns,
                                     .add_upsampled = cpu_ops::add_upsampled,
                                     .average_pool = cpu_ops::average_pool_gradients,
                                     .depthwise_input = cpu_ops::depthwise_input,
                                     .depthwise_taps = cpu_ops::depthwise_taps,
                                     .linear_attention = cpu_ops::linear_attention_gradients,
                                     .pixel_shuffle = cpu_ops::pixel_shuffle_gradients,
                                     .pixel_unshuffle = cpu_ops::pixel_unshuffle_gradients,
                                     .combine_experts = cpu_ops::combine_experts_gradients,
                                     .choose_experts = cpu_ops::choose_experts_gradients,
                                     .softmax_cross_entropy = softmax_cross_entropy,
                                     .squared_errors = squared_errors,
                                     .add_error_gradients = add_error_gradients};
  return table;
}

}  // namespace diptych
