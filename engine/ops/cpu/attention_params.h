// Attention's options as its kernels take them, there and back.
#pragma once

#include <cmath>

#include "engine/ops/attention.h"
#include "kernels/cpu/attention.h"

namespace diptych::cpu_ops {

inline kernels::cpu::AttentionParams attention_params(const Tensor& q, const AttentionOptions& options, int threads) {
  return {.heads = static_cast<int>(q.dim(1)),
          .scale = options.scale != 0 ? options.scale : 1.0f / std::sqrt(static_cast<float>(q.dim(2))),
          .causal = options.causal,
          .window = options.window,
          .logit_softcap = options.softcap,
          .bias = options.relative_bias ? options.relative_bias.data<float>() : nullptr,
          .bias_reach = options.relative_bias ? options.relative_bias.dim(1) / 2 : 0,
          .threads = threads};
}

}  // namespace diptych::cpu_ops
