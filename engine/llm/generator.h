// Tokens from tokens: evaluates what is new of a prompt, then one token after the other.
#pragma once

#include <cstdint>
#include <functional>
#include <span>
#include <vector>

#include "engine/core/context.h"
#include "engine/llm/kv_pool.h"
#include "engine/llm/sampler.h"
#include "engine/model/causal_lm.h"

namespace diptych {

// Prompt tokens that are evaluated together at most; the memory prediction counts on it.
inline constexpr int64_t prompt_chunk_tokens = 512;

struct GenerateOptions {
  SamplerOptions sampler;
  int64_t max_tokens = 0;   // 0: until an end token or the end of the context
  bool ignore_end = false;  // goes on after an end token (benchmarks)
  CancelToken cancel;
};

enum class FinishReason {
  stop,     // an end token, or the caller's wish
  length,   // max_tokens
  context,  // the context is full
};

struct GenerateStats {
  FinishReason reason = FinishReason::stop;
  int64_t prompt_tokens = 0;
  int64_t cached_tokens = 0;     // of the prompt: their keys were there
  int64_t generated_tokens = 0;  // an end token included
  double prefill_s = 0, decode_s = 0;
  Cost prefill_cost, decode_cost;
};

struct GeneratedToken {
  int32_t id = 0;
  bool end = false;               // an end token: it stands for no text
  int64_t count = 0;              // generated so far, this one included
  Cost cost;                      // of this generation so far, the prompt included
  std::span<const float> logits;  // [vocab], that it was drawn from
};

class Generator {
 public:
  // `is_end` tells end tokens. context_tokens: at most what the pool holds.
  Generator(Context& ctx, const CausalLm& model, KvPool& pool, int64_t context_tokens,
            std::function<bool(int32_t)> is_end, std::function<bool(int32_t)> is_control);

  // `on_token` returns false to end here. Error: cancelled (what is stored stays reusable), invalid_argument where the
  // prompt is empty, names an unknown token or leaves no room in the context.
  GenerateStats generate(std::span<const int32_t> prompt, const GenerateOptions& options,
                         const std::function<bool(const GeneratedToken&)>& on_token);

  int64_t context_tokens() const { return context_tokens_; }

 private:
  Tensor evaluate(PooledSequence& sequence, std::span<const int32_t> tokens);
  Tensor prefill(PooledSequence& sequence, std::span<const int32_t> prompt);

  Context& ctx_;
  const CausalLm& model_;
  KvPool& pool_;
  int64_t context_tokens_;
  std::function<bool(int32_t)> is_end_, is_control_;
};

}  // namespace diptych
