// Speed of a language model, with the meaning that llama-bench gave to these tests:
//   ppN       N random prompt tokens in batches of at most 512, logits of each batch's last token
//   tgN       N forwards of one token each, with logits
//   @ dD      either one behind D tokens that stand in the cache already and are not timed
// Keys and values are f16. One forward of the same shape runs first and is not counted.
#pragma once

#include <cstdint>
#include <functional>
#include <string>
#include <vector>

#include "engine/model/causal_lm.h"

namespace diptych::bench {

inline constexpr int64_t llm_batch_tokens = 512;

struct LlmTest {
  int64_t prompt = 0;    // either this many prompt tokens
  int64_t generate = 0;  // or this many single ones
  int64_t depth = 0;

  int64_t tokens() const { return prompt + generate; }
  std::string name() const;  // "pp512", "tg128 @ d4096"
};

struct LlmResult {
  std::vector<double> seconds;    // of each repetition
  Cost cost;                      // of one repetition, as the ops declared it
  int64_t peak_memory_bytes = 0;  // weights included

  std::vector<double> tokens_per_s(const LlmTest& test) const;
};

// `ctx` is the context that the model was loaded with, or one that shares its arena. Token ids follow from `seed`.
// `progress` is told how many repetitions are done. Error: cancelled, out_of_memory.
LlmResult run_llm_test(Context& ctx, const CausalLm& model, const LlmTest& test, int repeats, uint64_t seed,
                       const std::function<void(int done)>& progress = {});

}  // namespace diptych::bench
