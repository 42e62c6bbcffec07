#include "engine/ops/experts.h"

#include <algorithm>
#include <cmath>
#include <numeric>

#include "engine/ops/cpu/cpu_ops.h"
#include "engine/ops/cpu/image_gradients.h"
#include "kernels/cpu/elementwise.h"

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

void combine_experts_gradients(ThreadPool& pool, const Tensor& y, const Tensor& dsum, const ExpertRouting& routing,
                               Tensor& dy, std::span<float> dweights) {
  const int64_t width = y.dim(1);
  pool.parallel_for(y.dim(0), 16, [&](int64_t begin, int64_t end) {
    for (int64_t i = begin; i < end; ++i) {
      const auto choice = static_cast<size_t>(i);
      const int64_t place = routing.places[choice];
      const float *row = y.data<float>() + place * width,
                  *of_token = dsum.data<float>() + i / routing.per_token * width;
      if (dy) kernels::cpu::add_scaled(of_token, routing.weights[choice], width, dy.data<float>() + place * width);
      double sum = 0;
      for (int64_t c = 0; c < width; ++c) sum += static_cast<double>(row[c]) * static_cast<double>(of_token[c]);
      dweights[choice] = static_cast<float>(sum);
    }
  });
}

// Weights are a softmax over the chosen logits, or those of a softmax over all of them.
void choose_experts_gradients(ThreadPool& pool, const ExpertRouting& routing, std::span<const float> dweights,
                              Tensor& dlogits) {
  const Tensor& logits = routing.logits;
  const int64_t experts = logits.dim(1);
  std::vector<int32_t> expert_of(routing.places.size());  // of a place
  for (size_t e = 0; e + 1 < routing.offsets.size(); ++e) {
    std::fill(expert_of.begin() + routing.offsets[e], expert_of.begin() + routing.offsets[e + 1],
              static_cast<int32_t>(e));
  }
  pool.parallel_for(logits.dim(0), 64, [&](int64_t begin, int64_t end) {
    for (int64_t token = begin; token < end; ++token) {
      const float* row = logits.data<float>() + token * experts;
      float* out = dlogits.data<float>() + token * experts;
      float mean = 0;  // of the gradients, by weight
      for (int64_t i = token * routing.per_token; i < (token + 1) * routing.per_token; ++i) {
        const auto choice = static_cast<size_t>(i);
        mean += routing.weights[choice] * dweights[choice];
        out[expert_of[static_cast<size_t>(routing.places[choice])]] += routing.weights[choice] * dweights[choice];
      }
      if (routing.normalised) {
        for (int64_t i = token * routing.per_token; i < (token + 1) * routing.per_token; ++i) {
          const auto choice = static_cast<size_t>(i);
          out[expert_of[static_cast<size_t>(routing.places[choice])]] -= routing.weights[choice] * mean;
        }
        continue;
      }
      const float largest = *std::max_element(row, row + experts);
      float sum = 0;
      for (int64_t e = 0; e < experts; ++e) sum += std::exp(row[e] - largest);
      for (int64_t e = 0; e < experts; ++e) out[e] -= std::exp(row[e] - largest) / sum * mean;
    }
  });
}

}  // namespace diptych::cpu_ops
