// A row's logits are the same bits whatever the prompt's chunks, the neighbours in the batch and the number of threads.
#include <gtest/gtest.h>

#include <cstring>
#include <numeric>

#include "tests/engine/io/io_testing.h"
#include "tests/models/tiny_model.h"

namespace diptych::testing {
namespace {

struct InvarianceCase {
  TinyShape shape;
  DType weights;
  DType kv;
};

// One sequence in a cache of its own, fed piece by piece.
class Feeder {
 public:
  Feeder(Context& ctx, const CausalLm& model, DType kv, int64_t capacity)
      : ctx_(ctx), model_(model), layout_(model.kv_layout(kv)), cache_(ctx, layout_, blocks_for(capacity, layout_)) {
    // In reverse: which blocks a sequence has must not matter.
    sequence_.blocks.resize(static_cast<size_t>(blocks_for(capacity, layout_)));
    std::iota(sequence_.blocks.rbegin(), sequence_.blocks.rend(), 0);
  }

  // Appends the logits [tokens, vocab] to `rows`.
  void feed(std::span<const int32_t> tokens, std::vector<float>& rows) {
    Batch batch;
    batch.tokens.assign(tokens.begin(), tokens.end());
    for (size_t i = 0; i < tokens.size(); ++i)
      batch.positions.push_back(static_cast<int32_t>(sequence_.length + static_cast<int64_t>(i)));
    batch.sequence_offsets = {0, batch.token_count()};
    batch.kv = {&sequence_};
    const Tensor logits = model_.forward(ctx_, batch, &cache_);
    rows.insert(rows.end(), logits.span<float>().begin(), logits.span<float>().end());
    sequence_.length += batch.token_count();
  }

 private:
  Context& ctx_;
  const CausalLm& model_;
  KvLayout layout_;
  KvCache cache_;
  KvSequence sequence_;
};

std::vector<float> in_chunks(Context& ctx, const CausalLm& model, DType kv, const std::vector<int32_t>& tokens,
                             const std::vector<size_t>& chunks) {
  Feeder feeder(ctx, model, kv, static_cast<int64_t>(tokens.size()));
  std::vector<float> rows;
  size_t done = 0;
  for (size_t i = 0; done < tokens.size(); ++i) {
    const size_t count = std::min(chunks[i % chunks.size()], tokens.size() - done);
    feeder.feed(std::span(tokens).subspan(done, count), rows);
    done += count;
  }
  return rows;
}

class Invariance : public ::testing::TestWithParam<InvarianceCase> {
 protected:
  void SetUp() override {
    TinyModel(GetParam().shape).write_gguf(folder / "model.gguf", GetParam().weights);
    model = load(ctx, folder / "model.gguf");
    tokens = random_tokens(75, model->info().vocab, 5);
  }

  const TemporaryFolder folder;
  Context ctx{cpu_device, 2};
  std::unique_ptr<CausalLm> model;
  std::vector<int32_t> tokens;
};

TEST_P(Invariance, OfChunks) {
  const DType kv = GetParam().kv;
  const auto whole = in_chunks(ctx, *model, kv, tokens, {tokens.size()});
  for (const std::vector<size_t>& chunks : {std::vector<size_t>{1}, {2, 3}, {32}, {7, 1, 40}}) {
    EXPECT_EQ(in_chunks(ctx, *model, kv, tokens, chunks), whole) << "chunks of " << chunks[0];
  }
}

TEST_P(Invariance, OfTheCacheItself) {
  EXPECT_EQ(in_chunks(ctx, *model, DType::f32, tokens, {tokens.size()}), logits_of(ctx, *model, tokens));
}

TEST_P(Invariance, OfNeighbours) {
  const auto alone = logits_of(ctx, *model, tokens);
  const auto other = random_tokens(13, model->info().vocab, 6), third = random_tokens(1, model->info().vocab, 7);
  Batch batch;
  batch.sequence_offsets = {0};
  for (const auto& sequence : {other, tokens, third}) {
    batch.tokens.insert(batch.tokens.end(), sequence.begin(), sequence.end());
    for (size_t i = 0; i < sequence.size(); ++i) batch.positions.push_back(static_cast<int32_t>(i));
    batch.sequence_offsets.push_back(batch.token_count());
  }
  const Tensor logits = model->forward(ctx, batch, nullptr).slice(0, 13, 13 + static_cast<int64_t>(tokens.size()));
  EXPECT_EQ(std::memcmp(logits.raw(), alone.data(), alone.size() * sizeof(float)), 0);

  // Only some rows wanted: the same bits.
  batch.output_rows = {13, 40, 87};
  const Tensor some = model->forward(ctx, batch, nullptr);
  const auto vocab = static_cast<size_t>(model->info().vocab);
  for (size_t i = 0; i < 3; ++i) {
    const auto row = static_cast<size_t>(batch.output_rows[i] - 13);
    EXPECT_EQ(std::memcmp(some.data<float>() + i * vocab, alone.data() + row * vocab, vocab * sizeof(float)), 0) << row;
  }
}

TEST_P(Invariance, OfThreads) {
  const auto two = logits_of(ctx, *model, tokens);
  for (const int threads : {1, 3, 5}) {
    Context other(cpu_device, threads);
    const auto again = load(other, folder / "model.gguf");
    EXPECT_EQ(logits_of(other, *again, tokens), two) << threads << " threads";
  }
}

const TinyShape wide{.hidden = 256, .heads = 4, .kv_heads = 2, .head_dim = 64, .intermediate = 512, .vocab = 300};
const TinyShape odd{.hidden = 90, .heads = 5, .kv_heads = 1, .head_dim = 18, .intermediate = 70, .vocab = 131};
const TinyShape gemma{.architecture = "gemma3_text", .layers = 6, .tied = true};

INSTANTIATE_TEST_SUITE_P(
    Models, Invariance,
    ::testing::Values(InvarianceCase{odd, DType::f32, DType::f32}, InvarianceCase{odd, DType::f16, DType::f16},
                      InvarianceCase{gemma, DType::bf16, DType::f32}, InvarianceCase{gemma, DType::q5_0, DType::f16},
                      InvarianceCase{wide, DType::q4_1, DType::f16}, InvarianceCase{wide, DType::q8_0, DType::f32},
                      InvarianceCase{wide, DType::q4_k, DType::f32}, InvarianceCase{wide, DType::q6_k, DType::f16}),
    [](const auto& info) {
      return info.param.shape.architecture + "_" + std::to_string(info.param.shape.hidden) + "_" +
             std::string(dtype_name(info.param.weights)) + "_kv_" + std::string(dtype_name(info.param.kv));
    });

}  // namespace
}  // namespace diptych::testing
