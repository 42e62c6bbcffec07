// The paged cache: its size, copies of blocks, and blocks that two sequences share.
#include "engine/model/kv_cache.h"

#include <gtest/gtest.h>

#include <cstring>

#include "tests/engine/io/io_testing.h"
#include "tests/models/tiny_model.h"

namespace diptych::testing {
namespace {

TEST(KvCacheTest, HoldsWhatItsLayoutSays) {
  Context ctx(meta_device, 1);
  const KvLayout layout{.layers = 3, .kv_heads = 2, .head_dim = 64, .dtype = DType::f16, .block_tokens = 32};
  EXPECT_EQ(layout.block_bytes(), 2 * 3 * 32 * 2 * 64 * 2);
  const KvCache cache(ctx, layout, 5);
  EXPECT_EQ(ctx.arena()->use().bytes[static_cast<size_t>(Owner::kv_cache)], 5 * layout.block_bytes());
}

// A prompt's block, copied or shared, serves a second sequence as if it had been computed for it.
TEST(KvCacheTest, CopiedAndSharedBlocksAreWorthAsMuch) {
  const TemporaryFolder folder;
  TinyModel({}).write_hf(folder / "model");
  Context ctx(cpu_device, 2);
  const auto model = load(ctx, folder / "model");
  const KvLayout layout = model->kv_layout(DType::f32);
  KvCache cache(ctx, layout, 4);
  const auto prompt = random_tokens(32, 128, 1), rest = random_tokens(5, 128, 2);  // the prompt fills one block

  const auto forward = [&](const KvSequence& sequence, int64_t first, const std::vector<int32_t>& tokens) {
    Batch batch;
    batch.tokens = tokens;
    for (size_t i = 0; i < tokens.size(); ++i)
      batch.positions.push_back(static_cast<int32_t>(first) + static_cast<int32_t>(i));
    batch.sequence_offsets = {0, batch.token_count()};
    batch.kv = {&sequence};
    const Tensor logits = model->forward(ctx, batch, &cache);
    return std::vector<float>(logits.span<float>().begin(), logits.span<float>().end());
  };
  const KvSequence original{.blocks = {0, 1}, .length = 0};
  forward(original, 0, prompt);
  const auto expected = forward(original, 32, rest);
  cache.copy_block(0, 3);
  EXPECT_EQ(forward({.blocks = {3, 2}, .length = 32}, 32, rest), expected);
  EXPECT_EQ(forward({.blocks = {0, 2}, .length = 32}, 32, rest), expected);
}

}  // namespace
}  // namespace diptych::testing
