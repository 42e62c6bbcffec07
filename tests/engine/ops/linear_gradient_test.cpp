// Gradients through matrices, frozen and trained, and of embeddings.
#include "engine/ops/linear.h"
#include "tests/engine/ops/gradient_testing.h"

namespace diptych {
namespace {

// Frozen weights of every kind: the gradient goes through their exact values.
TEST(Gradient, LinearOfFrozenWeights) {
  for (const DType type : {DType::f32, DType::f16, DType::bf16, DType::q8_0, DType::q4_1, DType::q4_k, DType::q6_k}) {
    Context ctx(cpu_device, 2);
    const int64_t cols = 256, first_rows = 24, second_rows = 21, tokens = 9;
    const auto first = testing::stored_matrix(type, first_rows, cols, 5);
    const auto second = testing::stored_matrix(DType::f32, second_rows, cols, 6);
    Linear layer;
    layer.blocks.push_back({pack_weight(ctx, "a", type, first_rows, cols, first.bytes.data()), {}});
    layer.blocks.push_back({pack_weight(ctx, "b", DType::f32, second_rows, cols, second.bytes.data()), {}});
    const Tensor x = testing::tensor_of(ctx, {tokens, cols}, testing::random_values(tokens * cols, 1));
    const Tensor dx = zeros(ctx, x.shape());
    Tape tape;
    tape.watch(x, dx);
    ctx.tape = &tape;
    const Tensor y = linear(ctx, x, layer);
    ctx.tape = nullptr;
    const std::vector<float> dy = testing::random_values(y.elements(), 2);
    tape.backward(ctx, y, testing::tensor_of(ctx, y.shape(), dy));
    const std::vector<float> got = testing::values_of(dx);
    for (int64_t t = 0; t < tokens; ++t) {
      for (int64_t c = 0; c < cols; ++c) {
        double sum = 0;
        for (int64_t i = 0; i < first_rows; ++i) {
          sum += static_cast<double>(dy[static_cast<size_t>(t * 45 + i)]) *
                 static_cast<double>(first.values[static_cast<size_t>(i * cols + c)]);
        }
        for (int64_t i = 0; i < second_rows; ++i) {
          sum += static_cast<double>(dy[static_cast<size_t>(t * 45 + first_rows + i)]) *
                 static_cast<double>(second.values[static_cast<size_t>(i * cols + c)]);
        }
        EXPECT_NEAR(got[static_cast<size_t>(t * cols + c)], sum, 1e-5) << dtype_name(type);
      }
    }
  }
}

// A packed weight in training: its gradient is [rows, cols] in plain order.
TEST(Gradient, LinearOfTrainedWeights) {
  for (const auto& [rows, cols] : {std::pair<int64_t, int64_t>{5, 7}, {100, 20}, {20, 100}, {130, 150}}) {
    Context ctx(cpu_device, 2);
    const int64_t tokens = 70, n = rows, k = cols;
    const std::vector<float> values = testing::random_values(n * k, 3), input = testing::random_values(tokens * k, 4);
    Linear layer;
    layer.blocks.push_back({pack_weight(ctx, "w", DType::f32, n, k, reinterpret_cast<const std::byte*>(values.data())),
                            testing::tensor_of(ctx, {n}, testing::random_values(n, 8))});
    const Tensor dw = zeros(ctx, {n, k}), db = zeros(ctx, {n});
    Tape tape;
    tape.watch(layer.blocks[0].weight.packed, dw);
    tape.watch(layer.blocks[0].bias, db);
    ctx.tape = &tape;
    const Tensor y = linear(ctx, testing::tensor_of(ctx, {tokens, k}, input), layer);
    ctx.tape = nullptr;
    const std::vector<float> dy = testing::random_values(y.elements(), 2);
    tape.backward(ctx, y, testing::tensor_of(ctx, y.shape(), dy));
    const std::vector<float> got = testing::values_of(dw), got_bias = testing::values_of(db);
    for (int64_t i = 0; i < n; ++i) {
      double bias = 0;
      for (int64_t c = 0; c < k; ++c) {
        double sum = 0;
        for (int64_t t = 0; t < tokens; ++t) {
          sum += static_cast<double>(dy[static_cast<size_t>(t * n + i)]) *
                 static_cast<double>(input[static_cast<size_t>(t * k + c)]);
        }
        EXPECT_NEAR(got[static_cast<size_t>(i * k + c)], sum, 1e-4) << n << " x " << k;
      }
      for (int64_t t = 0; t < tokens; ++t) bias += static_cast<double>(dy[static_cast<size_t>(t * n + i)]);
      EXPECT_NEAR(got_bias[static_cast<size_t>(i)], bias, 1e-4);
    }
  }
}

TEST(Gradient, EmbeddingAddsUpRepeatedTokens) {
  Context ctx(cpu_device, 2);
  const std::vector<float> values = testing::random_values(6 * 33, 3);
  const Weight table = pack_weight(ctx, "w", DType::f32, 6, 33, reinterpret_cast<const std::byte*>(values.data()));
  const Tensor dw = zeros(ctx, {6, 33});
  Tape tape;
  tape.watch(table.packed, dw);
  ctx.tape = &tape;
  const std::vector<int32_t> ids{4, 1, 4};
  const Tensor y = embedding(ctx, table, ids, 2.0f);
  ctx.tape = nullptr;
  const std::vector<float> dy = testing::random_values(3 * 33, 2);
  tape.backward(ctx, y, testing::tensor_of(ctx, y.shape(), dy));
  const std::vector<float> got = testing::values_of(dw);
  for (size_t c = 0; c < 33; ++c) {
    EXPECT_FLOAT_EQ(got[4 * 33 + c], 2 * dy[c] + 2 * dy[66 + c]);
    EXPECT_FLOAT_EQ(got[33 + c], 2 * dy[33 + c]);
    EXPECT_EQ(got[c], 0.0f);
  }
}

}  // namespace
}  // namespace diptych
