#include "engine/ops/experts.h"

#include <algorithm>
#include <cmath>
#include <numeric>

#include "engine/ops/cpu/cpu_ops.h"

namespace diptych::cpu_ops {

void choose_experts(ThreadPool& pool, const Tensor& logits, int64_t per_token, bool normalised,
                    std::span<int32_t> chosen, std::span<float> weights) {
  const int64_t experts = logits.dim(1);
  pool.parallel_for(logits.dim(0), 64, [&](int64_t begin, int64_t end) {
    std::vector<int32_t> order(static_cast<size_t>(experts));
    for (int64_t token = begin; token < end; ++token) {
      const float* row = logits.data<float>() + token * experts;
      const auto first = static_cast<size_t>(token * per_token);
      std::iota(order.begin(), order.end(), 0);
      std::partial_sort(order.begin(), order.begin() + per_token, order.end(),
                        [&](int32_t a, int32_t b) { return row[a] != row[b] ? row[a] > row[b] : a < b; });
      const float largest = row[order.front()];
      float sum = 0;
      const auto share = [&](int32_t expert) { return std::exp(row[expert] - largest); };
      if (normalised) {
        for (int64_t i = 0; i < per_token; ++i) sum += share(order[static_cast<size_t>(i)]);
      } else {
        for (int32_t expert = 0; expert < static_cast<int32_t>(experts); ++expert) sum += share(expert);
      }
      for (size_t i = 0; i < static_cast<size_t>(per_token); ++i) {
        chosen[first + i] = order[i];
        weights[first + i] = share(order[i]) / sum;
      }
    }
  });
}

void combine_experts(ThreadPool& pool, const Tensor& y, int64_t per_token, std::span<const int32_t> places,
                     std::span<const float> weights, Tensor& sum) {
  const int64_t width = y.dim(1);
  pool.parallel_for(sum.dim(0), 8, [&](int64_t begin, int64_t end) {
    for (int64_t token = begin; token < end; ++token) {
      float* out = sum.data<float>() + token * width;
      std::fill_n(out, width, 0.0f);
      for (int64_t i = token * per_token; i < (token + 1) * per_token; ++i) {
        const float* row = y.data<float>() + places[static_cast<size_t>(i)] * width;
        const float weight = weights[static_cast<size_t>(i)];
        for (int64_t c = 0; c < width; ++c) out[c] += weight * row[c];
      }
    }
  });
}

}  // namespace diptych::cpu_ops
