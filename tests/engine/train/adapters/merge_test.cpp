// Adapters merged into a model's files: the merged model computes what the reference computes with the adapter.
#include "engine/train/adapters/merge.h"

#include <gtest/gtest.h>

#include <cmath>

#include "engine/io/formats/gguf_writer.h"
#include "engine/io/formats/safetensors.h"
#include "engine/io/formats/tensor_file.h"
#include "engine/model/evaluate.h"
#include "engine/model/registry.h"
#include "engine/train/exports/adapter_export.h"
#include "kernels/common/quant_blocks.h"
#include "models/registry.h"
#include "tests/engine/io/io_testing.h"

namespace diptych::train {
namespace {

namespace fs = std::filesystem;
using diptych::testing::error_of;
using diptych::testing::TemporaryFolder;

const fs::path cases = fs::path(DIPTYCH_SOURCE_DIR) / "tests/golden/cases";
const fs::path llama = cases / "causal_lm_llama_gqa/model";

// Loaded on meta: nothing of the model is in memory.
ModelPart language_model_part(const ModelRegistry& registry, const fs::path& model) {
  ModelPart part{"model", std::make_shared<WeightTargets>()};
  LoadOptions options;
  options.targets = part.targets;
  Context meta(meta_device, 1);
  registry.load_causal_lm(meta, open_model(model), options);
  return part;
}

TEST(Merge, FoldersComputeWhatPeftDoes) {
  ModelRegistry registry;
  models::register_all(registry);
  const TemporaryFolder folder;
  for (const std::string method : {"lora", "dora", "loha", "lokr"}) {
    SCOPED_TRACE(method);
    const fs::path golden = cases / ("lora_llama_peft_" + method);
    Context ctx(cpu_device, 2);
    const ModelPart part = language_model_part(registry, llama);
    const AdapterUse use{open_adapter(golden / "adapter")};
    const MergedWeights merged(ctx, part, {&use, 1});
    write_merged_folder(merged, llama, folder / method);
    EXPECT_TRUE(fs::exists(folder / method / "config.json"));

    const auto model = registry.load_causal_lm(ctx, open_model(folder / method));
    const Tensor logits = evaluate(ctx, *model, read_tensors(ctx, golden / "inputs.safetensors")).at("logits");
    const Tensor expected = read_tensors(ctx, golden / "expected.safetensors").at("scale_1.logits");
    ASSERT_EQ(logits.elements(), expected.elements());
    for (int64_t i = 0; i < logits.elements(); ++i) {
      ASSERT_NEAR(logits.data<float>()[i], expected.data<float>()[i], 2e-4) << "logit " << i;
    }

    const auto before = open_weights(llama), after = open_weights(folder / method);
    EXPECT_EQ(before->entries().size(), after->entries().size());
    int changed = 0;
    for (const WeightEntry& entry : before->entries()) {
      const WeightView a = before->require(entry.name), b = after->require(entry.name);
      ASSERT_EQ(a.type, b.type);
      const bool same = std::equal(a.data, a.data + a.bytes, b.data, b.data + b.bytes);
      EXPECT_NE(same, merged.changes(entry.name)) << entry.name;
      changed += same ? 0 : 1;
    }
    EXPECT_EQ(changed, 3 * 4);  // of three layers: q, v, o and down
  }
}

// A GGUF file of two matrices, one of them quantized, and the targets that a loaded model would have.
class MergeGguf : public ::testing::Test {
 protected:
  static constexpr int64_t rows = 8, cols = 64;

  static std::vector<float> drawn(int64_t count, float phase) {
    std::vector<float> values;
    for (int64_t i = 0; i < count; ++i) values.push_back(std::sin(static_cast<float>(i) * 0.7f + phase));
    return values;
  }
  void SetUp() override {
    GgufWriter writer;
    writer.set("general.architecture", "llama");
    writer.set("general.name", "tiny");
    writer.set("llama.block_count", uint32_t{1});
    for (const auto& [name, type] :
         {std::pair("blk.0.ffn_up.weight", DType::q4_0), std::pair("blk.0.ffn_down.weight", DType::f32),
          std::pair("output.weight", DType::q4_0)}) {
      const std::vector<float> values = drawn(rows * cols, 1);
      std::vector<std::byte> bytes(dtype_bytes(type, rows * cols));
      if (type == DType::f32)
        std::memcpy(bytes.data(), values.data(), bytes.size());
      else
        quantize_row(type, values.data(), bytes.data(), rows * cols);
      writer.add_tensor(name, type, {rows, cols}, bytes);
    }
    writer.write(folder / "base.gguf");
    base = GgufFile::open(folder / "base.gguf");
    part = {"model", std::make_shared<WeightTargets>()};
    for (const WeightEntry& entry : base->entries()) {
      part.targets->add({.name = entry.name, .file = base, .rows = rows, .cols = cols, .weight = {}});
    }
  }
  AdapterUse adapter() {
    TrainedAdapter trained;
    for (const char* layer : {"blk.0.ffn_up", "blk.0.ffn_down"}) {
      Tensor down = ctx.output({2, cols}), up = ctx.output({rows, 2});
      std::ranges::copy(drawn(down.elements(), 2), down.data<float>());
      std::ranges::copy(drawn(up.elements(), 3), up.data<float>());
      trained.layers.push_back({"model", layer, {{"lora_down", down}, {"lora_up", up}}, 2, 1});
    }
    export_gguf_adapter(folder / "adapter.gguf", trained);
    return {open_adapter(folder / "adapter.gguf")};
  }
  std::vector<float> values_of(const WeightFile& file, const std::string& name) const {
    const WeightView view = file.require(name);
    std::vector<float> values(rows * cols);
    dequantize_row(view.type, view.data, values.data(), rows * cols);
    return values;
  }

  Context ctx{cpu_device, 1};
  TemporaryFolder folder;
  std::shared_ptr<const GgufFile> base;
  ModelPart part;
};

TEST_F(MergeGguf, KeepsWhatItIsAndChangesWhatWasTrained) {
  const AdapterUse use = adapter();
  const MergedWeights merged(ctx, part, {&use, 1});
  write_merged_gguf(merged, *base, folder / "merged.gguf");
  const auto file = GgufFile::open(folder / "merged.gguf");
  EXPECT_EQ(file->metadata().get_string("general.name"), "tiny");
  EXPECT_EQ(file->metadata().get_u32("llama.block_count"), 1u);
  EXPECT_EQ(*file->entry("blk.0.ffn_up.weight")->type, DType::q8_0);
  EXPECT_EQ(*file->entry("blk.0.ffn_down.weight")->type, DType::f32);
  EXPECT_EQ(*file->entry("output.weight")->type, DType::q4_0);
  const WeightView before = base->require("output.weight"), after = file->require("output.weight");
  EXPECT_TRUE(std::equal(before.data, before.data + before.bytes, after.data, after.data + after.bytes));

  const std::vector<float> down = drawn(2 * cols, 2), up = drawn(rows * 2, 3);
  for (const auto& [name, rounding] :
       {std::pair("blk.0.ffn_up.weight", 0.02), std::pair("blk.0.ffn_down.weight", 1e-6)}) {
    const std::vector<float> old = values_of(*base, name), now = values_of(*file, name);
    for (int64_t i = 0; i < rows * cols; ++i) {
      const auto row = static_cast<size_t>(i / cols), col = static_cast<size_t>(i % cols);
      const double change = 0.5 * (static_cast<double>(up[2 * row]) * down[col] +
                                   static_cast<double>(up[2 * row + 1]) * down[cols + col]);
      ASSERT_NEAR(now[static_cast<size_t>(i)], old[static_cast<size_t>(i)] + change, rounding)
          << name << " value " << i;
    }
  }
}

TEST_F(MergeGguf, RefusesSafetensorsOfQuantizedWeights) {
  const AdapterUse use = adapter();
  const MergedWeights merged(ctx, part, {&use, 1});
  EXPECT_EQ(error_of([&] { write_merged_safetensors(merged, folder / "x.safetensors"); }).category(),
            ErrorCategory::unsupported);
  EXPECT_FALSE(fs::exists(folder / "x.safetensors"));
}

TEST_F(MergeGguf, RefusesAnAdapterOfAnotherModel) {
  part.targets = std::make_shared<WeightTargets>();
  part.targets->add({.name = "blk.0.ffn_up.weight", .file = base, .rows = rows, .cols = cols, .weight = {}});
  const AdapterUse use = adapter();
  EXPECT_EQ(error_of([&] { MergedWeights(ctx, part, {&use, 1}); }).category(), ErrorCategory::invalid_argument);
}

}  // namespace
}  // namespace diptych::train
