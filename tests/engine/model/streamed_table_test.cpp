// Rows that are looked up in a table which stays in its file: they alone are read.
#include <gtest/gtest.h>

#include <filesystem>

#include "engine/io/gguf.h"
#include "engine/io/gguf_writer.h"
#include "engine/io/safetensors.h"
#include "engine/model/weight_loader.h"
#include "tests/engine/io/io_testing.h"
#include "tests/engine/ops/op_testing.h"

namespace diptych::testing {
namespace {

constexpr int64_t table_rows = 6000, table_cols = 64;

class StreamedTable : public ::testing::TestWithParam<DType> {
 protected:
  StreamedTable() {
    const DType type = GetParam();
    const StoredMatrix matrix = stored_matrix(type, table_rows, table_cols, 1);
    if (is_quantized(type)) {
      GgufWriter writer;
      writer.add_tensor("table", type, {table_rows, table_cols}, matrix.bytes);
      writer.write(folder_ / "table.gguf");
    } else {
      const NamedTensor table{"table", type, {table_rows, table_cols}, matrix.bytes};
      write_safetensors(folder_ / "table.safetensors", {&table, 1});
    }
    file_ = open_weights(is_quantized(type) ? folder_ / "table.gguf" : folder_ / "table.safetensors");
  }
  Weight load(Context& ctx, bool stream) const {
    LoadOptions options;
    options.stream = stream;
    return WeightLoader(ctx, file_, options).matrix("table", table_rows, table_cols);
  }
  struct LookedUp {
    std::vector<float> values;
    int64_t peak_bytes = 0;
  };
  static LookedUp look_up(Context& ctx, const Weight& table, const std::vector<int32_t>& ids) {
    ctx.arena()->reset_peak();
    const Tensor rows = embedding(ctx, table, ids, 0.5f);
    return {ctx.is_meta() ? std::vector<float>() : values_of(rows), ctx.arena()->use().total_peak_bytes};
  }

  TemporaryFolder folder_;
  std::shared_ptr<const WeightFile> file_;
};

TEST_P(StreamedTable, GivesTheRowsOfATableInMemory) {
  Context plain(cpu_device, 2), streamed(cpu_device, 2), meta(meta_device, 2);
  const Weight here = load(plain, false), there = load(streamed, true), nowhere = load(meta, true);
  ASSERT_TRUE(there.streamed);
  std::vector<int32_t> all(table_rows);
  for (size_t i = 0; i < all.size(); ++i) all[i] = static_cast<int32_t>((i * 7) % table_rows);
  const std::vector<std::vector<int32_t>> asked{{5999}, {0, 17, 17, 5000, 3}, std::vector<int32_t>(77, 4321), all};
  for (const std::vector<int32_t>& ids : asked) {
    const LookedUp rows = look_up(streamed, there, ids);
    EXPECT_EQ(rows.values, look_up(plain, here, ids).values);
    EXPECT_EQ(rows.peak_bytes, look_up(meta, nowhere, ids).peak_bytes) << "as predicted";
    if (ids.size() < 100) {
      EXPECT_LT(rows.peak_bytes, here.bytes() / 10);
    }
  }
  EXPECT_THROW(embedding(streamed, there, std::vector<int32_t>{0, table_rows}), Error);
}

INSTANTIATE_TEST_SUITE_P(Types, StreamedTable, ::testing::Values(DType::f32, DType::f16, DType::bf16, DType::q8_0),
                         [](const auto& info) { return std::string(dtype_info(info.param).name); });

}  // namespace
}  // namespace diptych::testing
