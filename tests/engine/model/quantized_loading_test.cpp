// Linear layers that are stored plain and rounded to blocks of 8 bits as they are read.
#include <gtest/gtest.h>

#include <cmath>
#include <deque>
#include <filesystem>
#include <limits>

#include "engine/io/formats/safetensors.h"
#include "engine/model/weight_loader.h"
#include "kernels/common/quant_blocks.h"
#include "tests/engine/io/io_testing.h"
#include "tests/engine/ops/op_testing.h"

namespace diptych::testing {
namespace {

constexpr int64_t rows = 300, cols = 192, tokens = 7;

class QuantizedLoading : public ::testing::TestWithParam<DType> {
 protected:
  void store(const std::string& name, int64_t stored_rows, int64_t stored_cols) {
    const StoredMatrix& matrix = matrices_.emplace_back(stored_matrix(GetParam(), stored_rows, stored_cols, 3));
    tensors_.push_back({name + ".weight", GetParam(), {stored_rows, stored_cols}, matrix.bytes});
  }
  std::shared_ptr<const WeightFile> file() {
    write_safetensors(folder_ / "weights.safetensors", tensors_);
    return open_weights(folder_ / "weights.safetensors");
  }
  static Linear load(Context& ctx, const std::shared_ptr<const WeightFile>& file, const LoadOptions& options,
                     int64_t first_row = 0, int64_t some_rows = rows) {
    return WeightLoader(ctx, file, options)
        .linear({{.name = "layer", .rows = some_rows, .first_row = first_row, .rows_of_all = rows}}, cols);
  }
  static LoadOptions rounding(bool stream = false) {
    LoadOptions options;
    options.linear_type = DType::q8_0;
    options.stream = stream;
    return options;
  }

  TemporaryFolder folder_;
  std::deque<StoredMatrix> matrices_;
  std::vector<NamedTensor> tensors_;  // of their bytes
};

TEST_P(QuantizedLoading, GivesWhatAFileOfBlocksWouldHaveGiven) {
  store("layer", rows, cols);
  const StoredMatrix plain = stored_matrix(GetParam(), rows, cols, 3);
  std::vector<std::byte> blocks(dtype_bytes(DType::q8_0, rows * cols));
  quantize_row(DType::q8_0, plain.values.data(), blocks.data(), rows * cols);
  Context ctx(cpu_device, 2);
  const auto weights = file();
  const Tensor x = tensor_of(ctx, {tokens, cols}, random_values(tokens * cols, 5));
  Linear expected;
  expected.blocks.push_back({pack_weight(ctx, "layer", DType::q8_0, rows, cols, blocks.data())});
  const std::vector<float> values = values_of(linear(ctx, x, expected));
  for (const bool stream : {false, true}) {
    const Linear layer = load(ctx, weights, rounding(stream));
    EXPECT_EQ(layer.blocks.front().weight.dtype, DType::q8_0);
    EXPECT_EQ(values_of(linear(ctx, x, layer)), values) << "streamed: " << stream;
    const Linear part = load(ctx, weights, rounding(stream), 150, 150);
    const std::vector<float> some = values_of(linear(ctx, x, part));
    for (int64_t t = 0; t < tokens; ++t) {
      for (int64_t r = 0; r < 150; ++r) {
        ASSERT_EQ(some[static_cast<size_t>(t * 150 + r)], values[static_cast<size_t>(t * rows + 150 + r)]);
      }
    }
  }
}

TEST_P(QuantizedLoading, TakesTheMemoryThatMetaPredicts) {
  store("layer", rows, cols);
  const auto weights = file();
  for (const bool stream : {false, true}) {
    int64_t peak[2], held[2];
    for (const bool predicted : {false, true}) {
      Context ctx(predicted ? meta_device : cpu_device, 2);
      const Linear layer = load(ctx, weights, rounding(stream));
      linear(ctx,
             predicted ? ctx.output({tokens, cols}) : tensor_of(ctx, {tokens, cols}, random_values(tokens * cols, 5)),
             layer);
      peak[predicted] = ctx.arena()->use().total_peak_bytes;
      held[predicted] = layer.blocks.front().weight.bytes();
    }
    EXPECT_EQ(peak[0], peak[1]) << "streamed: " << stream;
    EXPECT_EQ(held[0], held[1]);
    EXPECT_LT(held[0], rows * cols * 5 / 4) << "34 bytes for 32 values, and rows of padding";
  }
}

TEST_P(QuantizedLoading, LeavesSmallLayersAndBrokenRowsAlone) {
  store("narrow", rows, least_quantized_side - 32);
  store("low", least_quantized_side - 1, cols);
  store("broken", rows, cols + 16);
  store("table", rows, cols);
  Context ctx(meta_device, 2);
  const auto weights = file();
  const LoadOptions options = rounding();
  WeightLoader loader(ctx, weights, options);
  const auto type_of = [&](const char* name, int64_t some_rows, int64_t some_cols) {
    return loader.linear({{name, some_rows}}, some_cols).blocks.front().weight.dtype;
  };
  EXPECT_EQ(type_of("narrow", rows, least_quantized_side - 32), GetParam());
  EXPECT_EQ(type_of("low", least_quantized_side - 1, cols), GetParam());
  EXPECT_EQ(type_of("broken", rows, cols + 16), GetParam());
  EXPECT_EQ(type_of("table", rows, cols), DType::q8_0);
  EXPECT_EQ(loader.matrix("table.weight", rows, cols).dtype, GetParam()) << "it is no linear layer";
}

INSTANTIATE_TEST_SUITE_P(Types, QuantizedLoading, ::testing::Values(DType::f32, DType::f16, DType::bf16),
                         [](const auto& info) { return std::string(dtype_info(info.param).name); });

TEST(QuantizedRows, BlocksWithoutNumbersHaveNone) {
  for (const float bad : {std::numeric_limits<float>::quiet_NaN(), std::numeric_limits<float>::infinity()}) {
    std::vector<float> values(64, 0.5f), back(64);
    values[40] = bad;
    std::vector<std::byte> blocks(dtype_bytes(DType::q8_0, 64));
    quantize_row(DType::q8_0, values.data(), blocks.data(), 64);
    dequantize_row(DType::q8_0, blocks.data(), back.data(), 64);
    for (size_t i = 0; i < 32; ++i) EXPECT_NEAR(back[i], 0.5f, 1e-3f);
    for (size_t i = 32; i < 64; ++i) EXPECT_TRUE(std::isnan(back[i]));
  }
}

}  // namespace
}  // namespace diptych::testing
