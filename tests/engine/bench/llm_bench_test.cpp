#include "engine/bench/llm_bench.h"

#include <gtest/gtest.h>

#include <set>
#include <vector>

#include "engine/core/error.h"

namespace diptych::bench {
namespace {

// Notes what it is asked for; declares a cost of one operation per token and ten bytes per forward.
class NotingModel final : public CausalLm {
 public:
  struct Call {
    int64_t tokens, first_position, logits;
    size_t blocks;
  };

  NotingModel() {
    info_.layers = 1;
    info_.kv_heads = 1;
    info_.head_dim = 8;
    info_.vocab = 50;
  }
  const CausalLmInfo& info() const override { return info_; }
  Tensor forward(Context& ctx, const Batch& batch, KvCache* cache, HiddenStates*) const override {
    EXPECT_NE(cache, nullptr);
    EXPECT_EQ(cache->layout().dtype, DType::f16);
    for (size_t i = 0; i < batch.positions.size(); ++i) {
      EXPECT_EQ(batch.positions[i], batch.positions[0] + static_cast<int32_t>(i));
    }
    for (const int32_t token : batch.tokens) {
      EXPECT_TRUE(token >= 0 && token < 50);
      seen.insert(token);
    }
    EXPECT_EQ(batch.output_rows, std::vector<int32_t>{static_cast<int32_t>(batch.token_count() - 1)});
    calls.push_back({batch.token_count(), batch.positions[0], static_cast<int64_t>(batch.output_rows.size()),
                     batch.kv[0]->blocks.size()});
    ctx.declare("note", {.flops = static_cast<double>(batch.token_count()), .weight_bytes = 10});
    return ctx.output({1, info_.vocab});
  }

  mutable std::vector<Call> calls;
  mutable std::set<int32_t> seen;

 private:
  CausalLmInfo info_;
};

TEST(LlmTest, NamesAreThoseOfLlamaBench) {
  EXPECT_EQ((LlmTest{.prompt = 512}).name(), "pp512");
  EXPECT_EQ((LlmTest{.generate = 128}).name(), "tg128");
  EXPECT_EQ((LlmTest{.generate = 32, .depth = 4096}).name(), "tg32 @ d4096");
}

TEST(LlmBench, PromptInBatchesOf512) {
  Context ctx(cpu_device, 1);
  const NotingModel model;
  int told = 0;
  const LlmResult result = run_llm_test(ctx, model, {.prompt = 1100}, 2, 1, [&](int done) { EXPECT_EQ(done, ++told); });
  EXPECT_EQ(told, 2);
  std::vector<std::pair<int64_t, int64_t>> forwards;
  for (const auto& call : model.calls) forwards.emplace_back(call.tokens, call.first_position);
  const std::vector<std::pair<int64_t, int64_t>> once{{512, 0}, {512, 512}, {76, 1024}};
  std::vector<std::pair<int64_t, int64_t>> expected{{512, 0}};  // the warm-up
  for (int i = 0; i < 2; ++i) expected.insert(expected.end(), once.begin(), once.end());
  EXPECT_EQ(forwards, expected);
  EXPECT_EQ(result.seconds.size(), 2u);
  EXPECT_EQ(result.cost.flops, 1100);  // of one repetition
  EXPECT_EQ(result.cost.weight_bytes, 30);
  EXPECT_GT(model.seen.size(), 40u);  // tokens are random over the vocabulary
}

TEST(LlmBench, GenerationBehindADepth) {
  Context ctx(cpu_device, 1);
  const NotingModel model;
  const LlmTest test{.generate = 3, .depth = 40};
  const LlmResult result = run_llm_test(ctx, model, test, 2, 1);
  std::vector<std::pair<int64_t, int64_t>> forwards;
  for (const auto& call : model.calls) {
    forwards.emplace_back(call.tokens, call.first_position);
    EXPECT_EQ(call.blocks, 2u);  // 43 positions in blocks of 32
  }
  const std::vector<std::pair<int64_t, int64_t>> expected{{40, 0}, {1, 40}, {1, 40}, {1, 41},
                                                          {1, 42}, {1, 40}, {1, 41}, {1, 42}};
  EXPECT_EQ(forwards, expected);
  EXPECT_EQ(result.cost.flops, 3);
  for (const double rate : result.tokens_per_s(test)) EXPECT_GT(rate, 0);
  EXPECT_DOUBLE_EQ(result.tokens_per_s(test)[1], 3 / result.seconds[1]);
  EXPECT_GT(result.peak_memory_bytes, 0);
}

TEST(LlmBench, Cancel) {
  Context ctx(cpu_device, 1);
  ctx.cancel.cancel();
  const NotingModel model;
  EXPECT_THROW(run_llm_test(ctx, model, {.prompt = 8}, 1, 1), Error);
}

}  // namespace
}  // namespace diptych::bench
