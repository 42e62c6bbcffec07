// A language model without weights: it keeps each token in the KV cache where keys belong, reads them all back, and its
// next token is a checksum of them. Any mistake in blocks, positions or reuse changes what it writes.
#pragma once

#include <cstdint>
#include <numeric>
#include <vector>

#include "engine/model/causal_lm.h"

namespace diptych {

class EchoLm final : public CausalLm {
 public:
  explicit EchoLm(int64_t vocab = 97) {
    info_.architecture = "echo";
    info_.layers = info_.kv_heads = info_.heads = info_.head_dim = info_.hidden = 1;
    info_.vocab = vocab;
    info_.context_length = 4096;
  }

  const CausalLmInfo& info() const override { return info_; }

  static int32_t next(const std::vector<int32_t>& tokens, int64_t vocab) {
    uint64_t sum = 17;
    for (const int32_t token : tokens) sum = sum * 31 + static_cast<uint64_t>(token) + 1;
    return static_cast<int32_t>(sum % static_cast<uint64_t>(vocab));
  }

  Tensor forward(Context& ctx, const Batch& batch, KvCache* cache, HiddenStates*) const override {
    ctx.declare("echo", {.flops = 2.0 * static_cast<double>(batch.token_count()), .weight_bytes = 100});
    evaluated += batch.token_count();
    const KvSequence& sequence = *batch.kv.at(0);
    const int64_t block = cache->layout().block_tokens;
    float* keys = cache->keys(0).data<float>();
    const auto slot = [&](int64_t position) -> float& {
      return keys[sequence.blocks.at(static_cast<size_t>(position / block)) * block + position % block];
    };
    for (size_t i = 0; i < batch.tokens.size(); ++i) slot(batch.positions[i]) = static_cast<float>(batch.tokens[i]);
    std::vector<int32_t> all;
    for (int64_t position = 0; position <= batch.positions.back(); ++position)
      all.push_back(static_cast<int32_t>(slot(position)));
    Tensor logits = ctx.output({1, info_.vocab});
    std::ranges::fill(logits.span<float>(), 0.0f);
    logits.span<float>()[static_cast<size_t>(next(all, info_.vocab))] = 9;
    return logits;
  }

  mutable int64_t evaluated = 0;  // tokens, in all forwards

 private:
  CausalLmInfo info_;
};

}  // namespace diptych
