#include "engine/bench/llm_bench.h"

#include <algorithm>
#include <cassert>
#include <chrono>
#include <numeric>
#include <random>

namespace diptych::bench {
namespace {

// One sequence with a cache of its own, into which random tokens are written.
class Run {
 public:
  Run(Context& ctx, const CausalLm& model, int64_t capacity_tokens, uint64_t seed)
      : ctx_(ctx),
        model_(model),
        cache_(ctx, model.kv_layout(DType::f16), blocks_for(model, capacity_tokens)),
        random_(seed) {
    sequence_.blocks.resize(static_cast<size_t>(cache_.blocks()));
    std::iota(sequence_.blocks.begin(), sequence_.blocks.end(), 0);
  }

  // Forgets what stands behind the first `tokens`.
  void cut(int64_t tokens) { sequence_.length = tokens; }

  void prompt(int64_t tokens) {
    while (tokens > 0) {
      const int64_t now = std::min(tokens, llm_batch_tokens);
      forward(now);
      tokens -= now;
    }
  }
  void generate(int64_t tokens) {
    for (int64_t i = 0; i < tokens; ++i) forward(1);
  }

 private:
  static int64_t blocks_for(const CausalLm& model, int64_t tokens) {
    const int64_t block = model.kv_layout(DType::f16).block_tokens;
    return (tokens + block - 1) / block;
  }

  void forward(int64_t tokens) {
    Batch batch;
    std::uniform_int_distribution<int32_t> any(0, static_cast<int32_t>(model_.info().vocab - 1));
    batch.tokens.resize(static_cast<size_t>(tokens));
    for (int32_t& token : batch.tokens) token = any(random_);
    batch.positions.resize(static_cast<size_t>(tokens));
    std::iota(batch.positions.begin(), batch.positions.end(), static_cast<int32_t>(sequence_.length));
    batch.sequence_offsets = {0, tokens};
    batch.kv = {&sequence_};
    batch.output_rows = {static_cast<int32_t>(tokens - 1)};
    model_.forward(ctx_, batch, &cache_);
    sequence_.length += tokens;
  }

  Context& ctx_;
  const CausalLm& model_;
  KvCache cache_;
  KvSequence sequence_;
  std::mt19937_64 random_;
};

}  // namespace

std::string LlmTest::name() const {
  const std::string base = prompt > 0 ? "pp" + std::to_string(prompt) : "tg" + std::to_string(generate);
  return depth > 0 ? base + " @ d" + std::to_string(depth) : base;
}

std::vector<double> LlmResult::tokens_per_s(const LlmTest& test) const {
  std::vector<double> rates;
  for (const double time : seconds) rates.push_back(static_cast<double>(test.tokens()) / time);
  return rates;
}

LlmResult run_llm_test(Context& ctx, const CausalLm& model, const LlmTest& test, int repeats, uint64_t seed,
                       const std::function<void(int done)>& progress) {
  assert(repeats > 0 && (test.prompt > 0) != (test.generate > 0) && test.depth >= 0);
  using Clock = std::chrono::steady_clock;
  Run run(ctx, model, test.depth + test.tokens(), seed);
  run.prompt(test.depth);
  ctx.arena()->reset_peak();
  // The first forward of a shape allocates what later ones reuse.
  if (test.prompt > 0) {
    run.prompt(std::min(test.prompt, llm_batch_tokens));
  } else {
    run.generate(1);
  }
  LlmResult result;
  for (int i = 0; i < repeats; ++i) {
    run.cut(test.depth);
    const Cost before = ctx.cost();
    const auto start = Clock::now();
    run.prompt(test.prompt);
    run.generate(test.generate);
    result.seconds.push_back(std::chrono::duration<double>(Clock::now() - start).count());
    result.cost = ctx.cost() - before;
    if (progress) progress(i + 1);
  }
  result.peak_memory_bytes = ctx.arena()->use().total_peak_bytes;
  return result;
}

}  // namespace diptych::bench
