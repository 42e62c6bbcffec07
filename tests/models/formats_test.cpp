// The same weights give the same logits from a GGUF file and from a Hugging Face folder.
#include <gtest/gtest.h>

#include <cmath>

#include "tests/engine/io/io_testing.h"
#include "tests/models/tiny_model.h"

namespace diptych::testing {
namespace {

struct FormatCase {
  TinyShape shape;
  DType stored;
  // Bit for bit, but for llama: its GGUF rows are permuted, so the products of q and k are summed in another order.
  bool identical;
};

class Formats : public ::testing::TestWithParam<FormatCase> {};

TEST_P(Formats, GiveTheSameLogits) {
  const auto& [shape, stored, identical] = GetParam();
  const TemporaryFolder folder;
  TinyModel model(shape);
  model.round_to(stored);  // a folder in half precision stores norms so too, a GGUF file does not
  model.write_hf(folder / "hf", stored);
  model.write_gguf(folder / "model.gguf", stored);
  Context ctx(cpu_device, 2);
  const auto tokens = random_tokens(21, shape.vocab, 3);
  const auto hf = load(ctx, folder / "hf"), gguf = load(ctx, folder / "model.gguf");
  EXPECT_EQ(hf->info().parameters, gguf->info().parameters);
  const auto a = logits_of(ctx, *hf, tokens), b = logits_of(ctx, *gguf, tokens);
  ASSERT_EQ(a.size(), b.size());
  if (identical) {
    EXPECT_EQ(a, b);
    return;
  }
  double worst = 0, largest = 0;
  for (size_t i = 0; i < a.size(); ++i) {
    worst = std::max(worst, std::abs(static_cast<double>(a[i]) - b[i]));
    largest = std::max(largest, std::abs(static_cast<double>(a[i])));
  }
  EXPECT_LT(worst, 1e-5 * largest);
  EXPECT_GT(largest, 0.1);
}

INSTANTIATE_TEST_SUITE_P(
    Architectures, Formats,
    ::testing::Values(
        FormatCase{{.architecture = "llama"}, DType::f32, false},
        FormatCase{{.architecture = "llama",
                    .hidden = 60,
                    .heads = 5,
                    .kv_heads = 5,
                    .head_dim = 12,
                    .intermediate = 50,
                    .vocab = 77,
                    .tied = true},
                   DType::f16,
                   false},
        FormatCase{{.architecture = "qwen2", .hidden = 56, .heads = 7, .kv_heads = 1, .head_dim = 8}, DType::f32, true},
        FormatCase{{.architecture = "qwen3", .head_dim = 20, .vocab = 33}, DType::bf16, true},
        FormatCase{{.architecture = "gemma2", .layers = 3, .kv_heads = 1, .tied = true}, DType::f32, true},
        FormatCase{{.architecture = "gemma3_text", .layers = 7, .kv_heads = 1, .tied = true}, DType::f32, true}),
    [](const auto& info) { return info.param.shape.architecture + "_" + std::string(dtype_name(info.param.stored)); });

}  // namespace
}  // namespace diptych::testing
