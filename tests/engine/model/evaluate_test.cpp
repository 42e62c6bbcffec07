// Evaluation by name: padding is no part of the result, and inputs that make no sense are Errors.
#include "engine/model/evaluate.h"

#include <gtest/gtest.h>

#include <cstring>

#include "tests/engine/io/io_testing.h"
#include "tests/models/tiny_model.h"

namespace diptych::testing {
namespace {

class Evaluate : public ::testing::Test {
 protected:
  void SetUp() override {
    TinyModel({.architecture = "qwen2"}).write_hf(folder / "model");
    model = load(ctx, folder / "model");
  }
  Tensor integers(const Shape& shape, const std::vector<int64_t>& values, DType type = DType::i64) {
    Tensor tensor = ctx.output(shape, type);
    if (type == DType::i32) std::copy(values.begin(), values.end(), tensor.data<int32_t>());
    if (type == DType::i64) std::copy(values.begin(), values.end(), tensor.data<int64_t>());
    if (type == DType::boolean) std::copy(values.begin(), values.end(), tensor.data<uint8_t>());
    return tensor;
  }
  Error refusal(const TensorMap& inputs) {
    return error_of([&] { evaluate(ctx, *model, inputs); });
  }
  std::vector<float> row_values(const Tensor& tensor, int64_t row, int64_t begin, int64_t end) const {
    const Tensor part = tensor.slice(0, row, row + 1).slice(1, begin, end);
    const float* first = part.data<float>();
    return {first, first + (end - begin) * tensor.dim(2)};
  }

  const TemporaryFolder folder;
  Context ctx{cpu_device, 2};
  std::unique_ptr<CausalLm> model;
};

TEST_F(Evaluate, NamesLogitsAndHiddenStates) {
  const TensorMap outputs = evaluate(ctx, *model, {{"input_ids", integers({2, 3}, {1, 2, 3, 4, 5, 6})}});
  ASSERT_EQ(outputs.size(), 4u);
  EXPECT_EQ(outputs.at("logits").shape(), (Shape{2, 3, 128}));
  for (const char* name : {"hidden_states.0", "hidden_states.1", "hidden_states.2"}) {
    EXPECT_EQ(outputs.at(name).shape(), (Shape{2, 3, 64})) << name;
  }
  EXPECT_EQ(row_values(outputs.at("logits"), 1, 0, 3), logits_of(ctx, *model, {4, 5, 6}));
}

TEST_F(Evaluate, LeavesPaddingOut) {
  // Left, right, none; what stands at padded places must not matter.
  const Tensor ids = integers({3, 4}, {99, 99, 7, 8, 5, 6, 7, 0, 1, 2, 3, 4});
  const std::vector<int64_t> mask{0, 0, 1, 1, 1, 1, 1, 0, 1, 1, 1, 1};
  for (const DType type : {DType::i64, DType::i32, DType::boolean}) {
    const TensorMap outputs =
        evaluate(ctx, *model, {{"input_ids", ids}, {"attention_mask", integers({3, 4}, mask, type)}});
    const Tensor& logits = outputs.at("logits");
    EXPECT_EQ(row_values(logits, 0, 2, 4), logits_of(ctx, *model, {7, 8}));
    EXPECT_EQ(row_values(logits, 1, 0, 3), logits_of(ctx, *model, {5, 6, 7}));
    EXPECT_EQ(row_values(logits, 2, 0, 4), logits_of(ctx, *model, {1, 2, 3, 4}));
    EXPECT_EQ(row_values(logits, 0, 0, 2), std::vector<float>(2 * 128, 0.0f));
    EXPECT_EQ(row_values(outputs.at("hidden_states.1"), 1, 3, 4), std::vector<float>(64, 0.0f));
  }
}

TEST_F(Evaluate, TakesPositionsThatCount) {
  const Tensor ids = integers({1, 3}, {1, 2, 3});
  const TensorMap outputs = evaluate(ctx, *model, {{"input_ids", ids}, {"position_ids", integers({1, 3}, {5, 6, 7})}});
  EXPECT_EQ(row_values(outputs.at("logits"), 0, 0, 3), logits_of(ctx, *model, {1, 2, 3}));
  EXPECT_EQ(refusal({{"input_ids", ids}, {"position_ids", integers({1, 3}, {0, 1, 0})}}).thing(), "position_ids");
}

TEST_F(Evaluate, RefusesWhatMakesNoSense) {
  const Tensor ids = integers({1, 3}, {1, 2, 3});
  EXPECT_EQ(refusal({}).thing(), "input_ids");
  EXPECT_EQ(refusal({{"input_ids", integers({3}, {1, 2, 3})}}).thing(), "input_ids");
  EXPECT_EQ(refusal({{"input_ids", integers({1, 0}, {})}}).thing(), "input_ids");
  EXPECT_EQ(refusal({{"input_ids", integers({1, 3}, {1, 128, 3})}}).thing(), "input_ids");
  EXPECT_EQ(refusal({{"input_ids", integers({1, 3}, {1, -1, 3})}}).thing(), "input_ids");
  EXPECT_EQ(refusal({{"input_ids", ctx.output({1, 3})}}).thing(), "input_ids");
  EXPECT_EQ(refusal({{"input_ids", ids}, {"attention_mask", integers({1, 2}, {1, 1})}}).thing(), "attention_mask");
  EXPECT_EQ(refusal({{"input_ids", ids}, {"attention_mask", integers({1, 3}, {1, 0, 1})}}).thing(), "attention_mask");
  EXPECT_EQ(refusal({{"input_ids", ids}, {"attention_mask", integers({1, 3}, {0, 0, 0})}}).thing(), "attention_mask");
  const Error unknown = refusal({{"input_ids", ids}, {"pixel_values", ids}});
  EXPECT_EQ(unknown.category(), ErrorCategory::unsupported);
  EXPECT_EQ(unknown.thing(), "pixel_values");
}

TEST_F(Evaluate, TensorFilesKeepWhatIsWritten) {
  const TensorMap written{{"ids", integers({2, 2}, {1, -2, 3, 1ll << 40})}, {"empty", ctx.output({0, 5})}};
  write_tensors(folder / "t.safetensors", written);
  const TensorMap read = read_tensors(ctx, folder / "t.safetensors");
  EXPECT_EQ(integers_of(read.at("ids"), "ids"), (std::vector<int64_t>{1, -2, 3, 1ll << 40}));
  EXPECT_EQ(read.at("empty").shape(), (Shape{0, 5}));
  EXPECT_EQ(read.size(), 2u);
}

}  // namespace
}  // namespace diptych::testing
