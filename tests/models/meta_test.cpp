// What a model needs is known before it is loaded: the meta device runs its code and counts what the cpu then uses.
#include <gtest/gtest.h>

#include <cstdlib>
#include <numeric>

#include "tests/engine/io/io_testing.h"
#include "tests/models/tiny_model.h"

namespace diptych::testing {
namespace {

// Loads a model and answers a prompt: `prompt` tokens in chunks, then `decoded` single tokens, all in a paged cache.
struct Run {
  MemoryUse memory;
  Cost cost;

  Run(Device device, const std::filesystem::path& path, int64_t prompt, int64_t decoded, DType kv) {
    Context ctx(device, 2);
    const auto model = load(ctx, path);
    const KvLayout layout = model->kv_layout(kv);
    KvSequence sequence;
    sequence.blocks.resize(static_cast<size_t>(blocks_for(prompt + decoded, layout)));
    std::iota(sequence.blocks.begin(), sequence.blocks.end(), 0);
    KvCache cache(ctx, layout, static_cast<int64_t>(sequence.blocks.size()));
    const std::vector<int32_t> tokens = random_tokens(prompt + decoded, model->info().vocab, 2);
    while (sequence.length < prompt + decoded) {
      const int64_t count = sequence.length < prompt ? std::min<int64_t>(64, prompt - sequence.length) : 1;
      Batch batch;
      for (int64_t i = 0; i < count; ++i) {
        batch.tokens.push_back(tokens[static_cast<size_t>(sequence.length + i)]);
        batch.positions.push_back(static_cast<int32_t>(sequence.length + i));
      }
      batch.sequence_offsets = {0, count};
      batch.kv = {&sequence};
      batch.output_rows = {static_cast<int32_t>(count - 1)};
      model->forward(ctx, batch, &cache);
      sequence.length += count;
    }
    memory = ctx.arena()->use();
    cost = ctx.cost();
  }
};

void expect_equal(const std::filesystem::path& path, int64_t prompt, int64_t decoded, DType kv) {
  const Run meta(meta_device, path, prompt, decoded, kv), cpu(cpu_device, path, prompt, decoded, kv);
  EXPECT_EQ(meta.cost.flops, cpu.cost.flops);
  EXPECT_EQ(meta.cost.bytes(), cpu.cost.bytes());
  EXPECT_EQ(meta.cost.weight_bytes, cpu.cost.weight_bytes);
  for (size_t owner = 0; owner < owner_count; ++owner) {
    const auto predicted = static_cast<double>(meta.memory.peak_bytes[owner]);
    const auto used = static_cast<double>(cpu.memory.peak_bytes[owner]);
    EXPECT_NEAR(predicted, used, 0.01 * used) << owner_name(static_cast<Owner>(owner));
  }
  const auto used = static_cast<double>(cpu.memory.total_peak_bytes);
  EXPECT_NEAR(static_cast<double>(meta.memory.total_peak_bytes), used, 0.01 * used);
  EXPECT_GT(used, 0);
  EXPECT_GT(cpu.cost.flops, 0);
}

TEST(Meta, PredictsATinyModel) {
  const TemporaryFolder folder;
  TinyModel({.hidden = 90, .heads = 5, .kv_heads = 1, .head_dim = 18, .vocab = 131})
      .write_hf(folder / "hf", DType::f16);
  expect_equal(folder / "hf", 70, 5, DType::f32);
  TinyModel({.architecture = "gemma3_text", .layers = 6, .tied = true}).write_gguf(folder / "m.gguf", DType::q4_1);
  expect_equal(folder / "m.gguf", 70, 5, DType::f16);
}

class RealModel : public ::testing::TestWithParam<const char*> {};

TEST_P(RealModel, IsPredicted) {
  const char* models = std::getenv("DIPTYCH_MODELS");
  const auto path = std::filesystem::path(models == nullptr ? "" : models) / GetParam();
  if (!std::filesystem::exists(path)) GTEST_SKIP() << path << " is not there; 'make models' fetches it";
  expect_equal(path, 100, 2, DType::f16);
}

INSTANTIATE_TEST_SUITE_P(Files, RealModel,
                         ::testing::Values("SmolLM2-135M-Instruct.Q4_1.gguf", "gemma-3-270m-q4_k_m.gguf"),
                         [](const auto& info) { return info.index == 0 ? "smollm2" : "gemma3"; });

// By hand: two multiplications per weight and token, and the attention of a causal prompt.
TEST(Meta, CountsWhatAModelComputes) {
  const TemporaryFolder folder;
  const TinyShape shape;
  TinyModel(shape).write_hf(folder / "hf");
  Context ctx(meta_device, 1);
  struct Ops : Tracer {
    double linear = 0, attention = 0;
    void op(std::string_view name, const Cost& cost) override {
      if (name == "linear") linear += cost.flops;
      if (name == "attention") attention += cost.flops;
    }
  } ops;
  const auto model = load(ctx, folder / "hf");
  ctx.tracer = &ops;
  const int64_t tokens = 10;
  model->forward(ctx, Batch::single(random_tokens(tokens, shape.vocab, 1)), nullptr);
  const int64_t width = shape.heads * shape.head_dim, kv_width = shape.kv_heads * shape.head_dim;
  const int64_t layer = shape.hidden * (2 * width + 2 * kv_width) + 3 * shape.hidden * shape.intermediate;
  EXPECT_EQ(ops.linear, 2.0 * tokens * (shape.layers * layer + shape.hidden * shape.vocab));
  EXPECT_EQ(ops.attention, 4.0 * shape.layers * width * tokens * (tokens + 1) / 2);
}

}  // namespace
}  // namespace diptych::testing
