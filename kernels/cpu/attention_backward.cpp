#include "kernels/cpu/attention_backward.h"

#include <algorithm>
#include <limits>
#include <vector>

#include "kernels/cpu/targets.h"

#undef HWY_TARGET_INCLUDE
#define HWY_TARGET_INCLUDE "kernels/cpu/attention_backward.cpp"
#include "hwy/foreach_target.h"
// clang-format off
#include "hwy/highway.h"
#include "kernels/cpu/math-inl.h"
#include "kernels/cpu/small_product-inl.h"
// clang-format on

HWY_BEFORE_NAMESPACE();
namespace diptych::kernels::cpu::HWY_NAMESPACE {

constexpr int64_t score_values = 32768;  // of a tile of queries: 128 KiB, twice of which fit the second-level cache

// Keys [first, end) that one query sees.
struct Sight {
  int64_t first, end;
};

Sight sight_of(const AttentionBackward& work, int64_t query) {
  const int64_t position = work.first_position + query, window = work.params.window;
  return {window > 0 ? std::max<int64_t>(0, position + 1 - window) : 0,
          work.params.causal ? std::min(position + 1, work.keys) : work.keys};
}

// rows [count, dims] -> [dims][stride], zeros behind the count
void transpose_rows(const float* rows, int64_t row_stride, int64_t count, int dims, std::vector<float>& columns,
                    int64_t stride) {
  columns.assign(static_cast<size_t>(stride) * static_cast<size_t>(dims), 0.0f);
  for (int64_t i = 0; i < count; ++i) {
    for (int d = 0; d < dims; ++d) columns[static_cast<size_t>(d * stride + i)] = rows[i * row_stride + d];
  }
}

// A tile of queries of one head.
class Tile {
 public:
  Tile(const AttentionBackward& work, int64_t begin, int64_t end) : work_(work), begin_(begin), rows_(end - begin) {
    first_ = work.keys;
    int64_t stop = 0;
    for (int64_t i = begin; i < end; ++i) {
      const Sight sight = sight_of(work, i);
      if (sight.first >= sight.end) continue;
      first_ = std::min(first_, sight.first);
      stop = std::max(stop, sight.end);
    }
    keys_ = std::max<int64_t>(0, stop - first_);
    stride_ = (keys_ + lanes - 1) / lanes * lanes;
    first_ = std::min(first_, stop);
  }

  // `k_columns` and `v_columns` [head_dim][column_stride], of the whole sequence.
  // A cap and a bias at once are in no model.
  void run(int head, const float* k_columns, const float* v_columns, int64_t column_stride) {
    if (keys_ == 0) return;
    const int dims = work_.head_dim;
    const int kv_head = head / (work_.params.heads / work_.kv_heads);
    const auto values = static_cast<size_t>(rows_ * stride_);
    weights_.assign(values, 0.0f);
    slopes_.assign(values, 0.0f);
    const auto row_of = [&](const HeadRows& rows, int64_t row, int of_head) {
      return rows.data + row * rows.stride + of_head * dims;
    };
    const auto gradient_of = [&](const HeadGradients& rows, int64_t row, int of_head) {
      return rows.data + row * rows.stride + of_head * dims;
    };
    const float *q = row_of(work_.q, begin_, head), *dy = row_of(work_.dy, begin_, head);
    // Columns are read in whole vectors: beyond the last key there are zeros.
    add_small_product({q, work_.q.stride, 1}, k_columns + first_, column_stride, rows_, stride_, dims, weights_.data(),
                      stride_);
    add_small_product({dy, work_.dy.stride, 1}, v_columns + first_, column_stride, rows_, stride_, dims, slopes_.data(),
                      stride_);
    for (int64_t r = 0; r < rows_; ++r) finish_row(head, r);
    const Factor by_key{weights_.data(), 1, stride_}, slope_by_key{slopes_.data(), 1, stride_};
    if (work_.dv.data != nullptr) {
      add_small_product(by_key, dy, work_.dy.stride, keys_, dims, rows_, gradient_of(work_.dv, first_, kv_head),
                        work_.dv.stride);
    }
    if (work_.dk.data != nullptr) {
      add_small_product(slope_by_key, q, work_.q.stride, keys_, dims, rows_, gradient_of(work_.dk, first_, kv_head),
                        work_.dk.stride);
    }
    if (work_.dq.data != nullptr) {
      add_small_product({slopes_.data(), stride_, 1}, row_of(work_.k, first_, kv_head), work_.k.stride, rows_, dims,
                        keys_, gradient_of(work_.dq, begin_, head), work_.dq.stride);
    }
  }

 private:
  // Scores become weights; the weights' gradients become those of q k^T: w * (dw - sum of w dw), times what the scale
  // and the cap of scores add.
  void finish_row(int head, int64_t r) {
    const F32 df;
    const Sight sight = sight_of(work_, begin_ + r);
    float *w = weights_.data() + r * stride_, *slope = slopes_.data() + r * stride_;
    const int64_t from = std::clamp<int64_t>(sight.first - first_, 0, keys_),
                  to = std::clamp<int64_t>(sight.end - first_, from, keys_), count = to - from;
    std::fill(w, w + from, 0.0f);
    std::fill(w + to, w + stride_, 0.0f);
    std::fill(slope, slope + from, 0.0f);
    std::fill(slope + to, slope + stride_, 0.0f);
    if (count == 0) return;
    w += from;
    slope += from;
    const VF scale = constant(work_.params.scale);
    const float cap = work_.params.logit_softcap;
    const float* bias = nullptr;  // of the first key that is seen
    if (const int64_t reach = work_.params.bias_reach; work_.params.bias != nullptr) {
      const int64_t position = work_.first_position + begin_ + r;
      bias = work_.params.bias + head * (2 * reach + 1) + reach + first_ + from - position;
    }
    VF peak = constant(-std::numeric_limits<float>::infinity());
    for_vectors(count, [&](int64_t i, int n) HWY_ATTR {
      VF score = hn::Mul(load_some(w + i, n), scale);
      if (cap > 0) score = hn::Mul(constant(cap), tanh(hn::Mul(score, constant(1 / cap))));
      if (bias != nullptr) score = hn::Add(score, load_some(bias + i, n));
      store_some(score, w + i, n);
      if (n < lanes) score = hn::IfThenElse(hn::FirstN(df, static_cast<size_t>(n)), score, peak);
      peak = hn::Max(peak, score);
    });
    if (cap > 0) {
      capped_.resize(static_cast<size_t>(stride_));
      std::copy_n(w, count, capped_.data());
    }
    const VF level = constant(hn::GetLane(hn::MaxOfLanes(df, peak)));
    VF sum = hn::Zero(df), product = hn::Zero(df);
    for_vectors(count, [&](int64_t i, int n) HWY_ATTR {
      VF weight = exp_below_overflow(hn::Sub(load_some(w + i, n), level));
      if (n < lanes) weight = hn::IfThenElseZero(hn::FirstN(df, static_cast<size_t>(n)), weight);
      sum = hn::Add(sum, weight);
      product = hn::MulAdd(weight, load_some(slope + i, n), product);
      store_some(weight, w + i, n);
    });
    const float total = hn::GetLane(hn::SumOfLanes(df, sum));
    const VF inverse = constant(1 / total), mean = constant(hn::GetLane(hn::SumOfLanes(df, product)) / total);
    for_vectors(count, [&](int64_t i, int n) HWY_ATTR {
      const VF weight = hn::Mul(load_some(w + i, n), inverse);
      VF value = hn::Mul(hn::Mul(weight, scale), hn::Sub(load_some(slope + i, n), mean));
      if (cap > 0) {
        const VF part = hn::Mul(load_some(capped_.data() + i, n), constant(1 / cap));
        value = hn::NegMulAdd(hn::Mul(value, part), part, value);
      }
      store_some(weight, w + i, n);
      store_some(value, slope + i, n);
    });
  }

  const AttentionBackward& work_;
  int64_t begin_, rows_;
  int64_t first_ = 0, keys_ = 0, stride_ = 0;                         // of the keys that some query sees
  static thread_local std::vector<float> weights_, slopes_, capped_;  // [rows][stride]
};

thread_local std::vector<float> Tile::weights_, Tile::slopes_, Tile::capped_;

void backward_heads(const AttentionBackward& work, int begin, int end) {
  static thread_local std::vector<float> k_columns, v_columns;
  const int64_t group = work.params.heads / work.kv_heads, column_stride = (work.keys + 2 * lanes) / lanes * lanes;
  const int64_t reach = work.params.window > 0 ? std::min(work.keys, work.params.window) : work.keys;
  const int64_t tile = std::clamp<int64_t>(score_values / std::max<int64_t>(1, reach) / product_rows * product_rows,
                                           product_rows, 8 * product_rows);
  for (int kv_head = begin; kv_head < end; ++kv_head) {
    const int64_t offset = int64_t{kv_head} * work.head_dim;
    transpose_rows(work.k.data + offset, work.k.stride, work.keys, work.head_dim, k_columns, column_stride);
    transpose_rows(work.v.data + offset, work.v.stride, work.keys, work.head_dim, v_columns, column_stride);
    for (int64_t h = 0; h < group; ++h) {
      for (int64_t i = 0; i < work.queries; i += tile) {
        Tile(work, i, std::min(i + tile, work.queries))
            .run(static_cast<int>(kv_head * group + h), k_columns.data(), v_columns.data(), column_stride);
      }
    }
  }
}

}  // namespace diptych::kernels::cpu::HWY_NAMESPACE
HWY_AFTER_NAMESPACE();

#if HWY_ONCE
namespace diptych::kernels::cpu {

HWY_EXPORT(backward_heads);

void attention_backward(const AttentionBackward& work, int begin, int end) {
  HWY_DYNAMIC_DISPATCH(backward_heads)(work, begin, end);
}

}  // namespace diptych::kernels::cpu
#endif
