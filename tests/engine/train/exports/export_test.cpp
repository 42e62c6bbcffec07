// Exports of adapters: what each format has, read back with the readers that models use.
#include <gtest/gtest.h>

#include <cmath>
#include <nlohmann/json.hpp>

#include "engine/core/context.h"
#include "engine/io/formats/gguf.h"
#include "engine/io/formats/json_text.h"
#include "engine/io/formats/safetensors.h"
#include "engine/model/adapter_delta.h"
#include "engine/model/adapter_file.h"
#include "engine/train/adapters/read_adapter.h"
#include "engine/train/exports/adapter_export.h"
#include "tests/engine/io/io_testing.h"

namespace diptych::train {
namespace {

using diptych::testing::error_of;
using diptych::testing::TemporaryFolder;

class Exports : public ::testing::Test {
 protected:
  Tensor tensor(const Shape& shape) {
    Tensor x = ctx.output(shape);
    for (float& value : x.span<float>()) value = std::sin(static_cast<float>(++drawn_)) / 4;
    return x;
  }
  TrainedLayer lora(const std::string& component, const std::string& layer, int64_t in, int64_t out, int64_t rank,
                    double alpha) {
    return {component, layer, {{"lora_down", tensor({rank, in})}, {"lora_up", tensor({out, rank})}}, rank, alpha};
  }
  TrainedLayer conv(const std::string& layer, int64_t rank) {
    return {"denoiser",
            layer,
            {{"lora_down", tensor({rank, 6, 3, 3})}, {"lora_up", tensor({8, rank, 1, 1})}},
            rank,
            static_cast<double>(rank)};
  }
  // Two layers of a llama with heads of 8, of unlike ranks.
  TrainedAdapter language_model() {
    return {.layers = {lora("model", "model.layers.0.self_attn.q_proj", 12, 32, 4, 8),
                       lora("model", "model.layers.0.self_attn.k_proj", 12, 16, 4, 8),
                       lora("model", "model.layers.1.mlp.down_proj", 20, 12, 2, 3)},
            .base_model = "tiny",
            .paired_head_dim = 8};
  }
  TrainedAdapter image_model() {
    return {.layers = {lora("denoiser", "down_blocks.0.attentions.0.transformer_blocks.0.attn1.to_q", 8, 8, 4, 2),
                       lora("denoiser", "mid_block.attentions.0.transformer_blocks.0.attn1.to_out.0", 8, 10, 3, 3),
                       lora("text_encoder", "encoder.layers.0.self_attn.q_proj", 6, 6, 2, 1),
                       conv("down_blocks.0.resnets.0.conv1", 2)}};
  }
  // scale * up * down, in double.
  static std::vector<double> product(const TrainedAdapter& adapter, const TrainedLayer& layer) {
    const Tensor &up = layer.parts.at("lora_up"), &down = layer.parts.at("lora_down");
    const int64_t rows = up.dim(0), rank = layer.rank, cols = down.elements() / rank;
    std::vector<double> values;
    for (int64_t r = 0; r < rows; ++r) {
      for (int64_t c = 0; c < cols; ++c) {
        double sum = 0;
        for (int64_t j = 0; j < rank; ++j) {
          sum += static_cast<double>(up.data<float>()[r * rank + j]) * down.data<float>()[j * cols + c];
        }
        values.push_back(sum * adapter.scale(layer));
      }
    }
    return values;
  }
  // What the reader makes of each layer of the file, in the file's order of rows.
  void expect_products(const Adapter& file, const std::string& layer_name, const std::vector<double>& expected) {
    for (const AdapterLayer& layer : file.layers) {
      if (layer.layer != layer_name) continue;
      const AdapterDelta delta = adapter_delta(ctx, file, layer, true);
      ASSERT_EQ(delta.dense.elements(), static_cast<int64_t>(expected.size()));
      for (size_t i = 0; i < expected.size(); ++i) {
        ASSERT_NEAR(delta.scale * delta.dense.data<float>()[i], expected[i], 1e-6) << layer_name << " value " << i;
      }
      return;
    }
    FAIL() << "no layer " << layer_name;
  }

  Context ctx{cpu_device, 1};
  TemporaryFolder folder;

 private:
  int drawn_ = 0;
};

TEST_F(Exports, PeftFoldersSayRanksAndScales) {
  for (const bool stabilised : {false, true}) {
    TrainedAdapter adapter = language_model();
    adapter.rank_stabilised = stabilised;
    export_peft(folder / "peft", adapter);
    verify_export(folder / "peft", adapter, DType::f32);
    const auto file = open_adapter(folder / "peft");
    for (const TrainedLayer& layer : adapter.layers) expect_products(*file, layer.layer, product(adapter, layer));
    const nlohmann::json config = read_json_file(folder / "peft" / "adapter_config.json");
    EXPECT_EQ(config["peft_type"], "LORA");
    EXPECT_EQ(config["r"], 4);
    EXPECT_EQ(config["lora_alpha"], 8);
    EXPECT_EQ(config["rank_pattern"], (nlohmann::json{{"model.layers.1.mlp.down_proj", 2}}));
    EXPECT_EQ(config["alpha_pattern"], (nlohmann::json{{"model.layers.1.mlp.down_proj", 3}}));
    EXPECT_EQ(config["use_rslora"], stabilised);
    EXPECT_EQ(config["use_dora"], false);
    EXPECT_EQ(config["target_modules"].size(), 3u);
  }
}

TEST_F(Exports, DoraKeepsItsMagnitudesInEveryFormat) {
  TrainedAdapter adapter = image_model();
  for (TrainedLayer& layer : adapter.layers) {
    layer.parts["magnitude"] = tensor({layer.parts.at("lora_up").dim(0)});
  }
  export_kohya(folder / "kohya.safetensors", adapter);
  export_diffusers(folder / "diffusers.safetensors", adapter);
  for (const char* name : {"kohya.safetensors", "diffusers.safetensors"}) {
    verify_export(folder / name, adapter, DType::f32);
    const auto file = open_adapter(folder / name);
    for (const AdapterLayer& layer : file->layers) {
      const AdapterMagnitude magnitude = adapter_magnitude(ctx, *file, layer);
      EXPECT_FALSE(magnitude.values.empty()) << name;
      EXPECT_FALSE(magnitude.of_columns) << name << " " << layer.key;
    }
  }
  adapter.layers.resize(2);
  export_peft(folder / "peft", adapter, {{}, "", {"to_q", "to_out.0"}});
  verify_export(folder / "peft", adapter, DType::f32);
  EXPECT_EQ(read_json_file(folder / "peft" / "adapter_config.json")["use_dora"], true);
}

TEST_F(Exports, KohyaFilesHaveAlphasAndMetadata) {
  TrainedAdapter adapter = image_model();
  adapter.rank_stabilised = true;
  export_kohya(folder / "x.safetensors", adapter,
               {{.metadata = {{"ss_steps", "100"}}}, "lora_unet_", "stable-diffusion-v1", "drawings"});
  verify_export(folder / "x.safetensors", adapter, DType::f32);
  const auto raw = SafetensorsFile::open(folder / "x.safetensors");
  EXPECT_EQ(raw->metadata().at("ss_network_module"), "networks.lora");
  EXPECT_EQ(raw->metadata().at("ss_network_dim"), "4");
  EXPECT_EQ(raw->metadata().at("ss_steps"), "100");
  EXPECT_EQ(raw->metadata().at("modelspec.architecture"), "stable-diffusion-v1/lora");
  EXPECT_EQ(raw->metadata().at("modelspec.title"), "drawings");
  EXPECT_TRUE(raw->contains("lora_te_text_model_encoder_layers_0_self_attn_q_proj.lora_up.weight"));
  EXPECT_TRUE(raw->contains("lora_unet_down_blocks_0_resnets_0_conv1.lora_down.weight"));
  EXPECT_EQ(raw->entry("lora_unet_down_blocks_0_resnets_0_conv1.alpha")->dims.rank(), 0);
  const auto file = open_adapter(folder / "x.safetensors");
  expect_products(*file, "down_blocks_0_attentions_0_transformer_blocks_0_attn1_to_q",
                  product(adapter, adapter.layers[0]));
  expect_products(*file, "down_blocks_0_resnets_0_conv1", product(adapter, adapter.layers[3]));
}

TEST_F(Exports, KohyaNumbersTextEncodersWhereThereAreSeveral) {
  TrainedAdapter adapter = image_model();
  adapter.layers.push_back(lora("text_encoder_2", "text_model.encoder.layers.1.mlp.fc1", 6, 12, 2, 1));
  export_kohya(folder / "x.safetensors", adapter);
  const auto raw = SafetensorsFile::open(folder / "x.safetensors");
  EXPECT_TRUE(raw->contains("lora_te1_text_model_encoder_layers_0_self_attn_q_proj.lora_up.weight"));
  EXPECT_TRUE(raw->contains("lora_te2_text_model_encoder_layers_1_mlp_fc1.lora_up.weight"));
  verify_export(folder / "x.safetensors", adapter, DType::f32);
}

TEST_F(Exports, DiffusersFilesNeedNoScale) {
  const TrainedAdapter adapter = image_model();
  export_diffusers(folder / "x.safetensors", adapter);
  verify_export(folder / "x.safetensors", adapter, DType::f32);
  const auto file = open_adapter(folder / "x.safetensors");
  for (const TrainedLayer& layer : adapter.layers) expect_products(*file, layer.layer, product(adapter, layer));
}

TEST_F(Exports, LohaAndLokr) {
  TrainedAdapter loha{.method = AdapterMethod::loha};
  loha.layers.push_back({"denoiser",
                         "a.to_k",
                         {{"hada_w1_a", tensor({8, 3})},
                          {"hada_w1_b", tensor({3, 6})},
                          {"hada_w2_a", tensor({8, 3})},
                          {"hada_w2_b", tensor({3, 6})}},
                         3,
                         2});
  TrainedAdapter lokr{.method = AdapterMethod::lokr};
  lokr.layers.push_back({"denoiser",
                         "a.to_k",
                         {{"lokr_w1", tensor({2, 2})}, {"lokr_w2_a", tensor({4, 2})}, {"lokr_w2_b", tensor({2, 3})}},
                         2,
                         3});
  lokr.layers.push_back({"denoiser", "a.to_q", {{"lokr_w1", tensor({2, 2})}, {"lokr_w2", tensor({4, 3})}}, 2, 3});
  for (const TrainedAdapter& adapter : {loha, lokr}) {
    export_peft(folder / "peft", adapter, {{}, "", {}});
    verify_export(folder / "peft", adapter, DType::f32);
    export_kohya(folder / "x.safetensors", adapter);
    verify_export(folder / "x.safetensors", adapter, DType::f32);
    EXPECT_EQ(SafetensorsFile::open(folder / "x.safetensors")->metadata().at("ss_network_module"), "lycoris.kohya");
  }
  EXPECT_EQ(error_of([&] { export_diffusers(folder / "d.safetensors", loha); }).category(), ErrorCategory::unsupported);
}

TEST_F(Exports, GgufAdaptersHaveRowsInPairs) {
  for (const bool stabilised : {false, true}) {
    TrainedAdapter adapter = language_model();
    adapter.rank_stabilised = stabilised;
    export_gguf_adapter(folder / "x.gguf", adapter, {{}, "llama", "test"});
    verify_export(folder / "x.gguf", adapter, DType::f32);
    const auto raw = GgufFile::open(folder / "x.gguf");
    EXPECT_EQ(raw->metadata().get_string("general.type"), "adapter");
    EXPECT_EQ(raw->metadata().get_string("adapter.type"), "lora");
    EXPECT_EQ(raw->metadata().get_string("general.architecture"), "llama");
    const auto file = open_adapter(folder / "x.gguf");
    expect_products(*file, "blk.1.ffn_down", product(adapter, adapter.layers[2]));
    for (const size_t i : {0u, 1u}) {
      // Rotary pairs (i, i + 4) of a head of 8 stand side by side: rows 0, 4, 1, 5, 2, 6, 3, 7.
      const std::vector<double> plain = product(adapter, adapter.layers[i]);
      std::vector<double> paired;
      for (size_t row = 0; row < plain.size() / 12; ++row) {
        const size_t source = row / 8 * 8 + std::vector<size_t>{0, 4, 1, 5, 2, 6, 3, 7}[row % 8];
        paired.insert(paired.end(), plain.begin() + source * 12, plain.begin() + (source + 1) * 12);
      }
      expect_products(*file, i == 0 ? "blk.0.attn_q" : "blk.0.attn_k", paired);
    }
  }
}

// Trained on a GGUF file and exported for PEFT, which wants the other order, and back.
TEST_F(Exports, LeaveTheOrderOfGgufFiles) {
  const TrainedAdapter usual = language_model();
  TrainedAdapter on_gguf = usual;
  for (TrainedLayer& layer : on_gguf.layers) {
    layer.layer = gguf_layer_name(layer.layer);
    if (layer.layer == "blk.1.ffn_down") continue;
    layer.parts["lora_up"] = with_paired_rows(layer.parts["lora_up"], 8);
  }
  export_peft(folder / "usual", usual);
  export_peft(folder / "gguf", on_gguf);
  export_gguf_adapter(folder / "usual.gguf", usual);
  export_gguf_adapter(folder / "on_gguf.gguf", on_gguf);
  const auto bytes = [&](const char* name) { return diptych::testing::read_bytes(folder / name); };
  EXPECT_EQ(bytes("usual/adapter_model.safetensors"), bytes("gguf/adapter_model.safetensors"));
  EXPECT_EQ(bytes("usual.gguf"), bytes("on_gguf.gguf"));
  verify_export(folder / "on_gguf.gguf", on_gguf, DType::f32);
  verify_export(folder / "gguf", on_gguf, DType::f32);
}

TEST_F(Exports, CanBeReadForTraining) {
  const TrainedAdapter adapter = language_model();
  export_peft(folder / "peft", adapter);
  TrainedAdapter again = read_trained_adapter(ctx, *open_adapter(folder / "peft"));
  again.paired_head_dim = 8;
  ASSERT_EQ(again.layers.size(), 3u);
  EXPECT_EQ(again.layers[2].rank, 2);
  EXPECT_EQ(again.layers[2].alpha, 3);
  export_gguf_adapter(folder / "a.gguf", adapter);
  export_gguf_adapter(folder / "b.gguf", again);
  verify_export(folder / "b.gguf", adapter, DType::f32);
}

TEST_F(Exports, SmallerTypesAreRounded) {
  const TrainedAdapter adapter = language_model();
  for (const DType dtype : {DType::f16, DType::bf16}) {
    export_peft(folder / "peft", adapter, {{.dtype = dtype}});
    verify_export(folder / "peft", adapter, dtype);
    EXPECT_THROW(verify_export(folder / "peft", adapter, DType::f32), Error);
    export_gguf_adapter(folder / "x.gguf", adapter, {{.dtype = dtype}});
    verify_export(folder / "x.gguf", adapter, dtype);
  }
  EXPECT_EQ(error_of([&] { export_peft(folder / "p", adapter, {{.dtype = DType::q4_0}}); }).category(),
            ErrorCategory::unsupported);
}

TEST_F(Exports, VerificationFindsWhatDiffers) {
  const TrainedAdapter adapter = language_model();
  export_peft(folder / "peft", adapter);
  TrainedAdapter other = adapter;
  other.layers[2].alpha = 4;
  EXPECT_NE(
      error_of([&] { verify_export(folder / "peft", other, DType::f32); }).why().find("down_proj lora_up differs"),
      std::string::npos);
  other = adapter;
  other.layers[1].parts["lora_down"] = tensor({4, 12});
  EXPECT_THROW(verify_export(folder / "peft", other, DType::f32), Error);
  other = adapter;
  other.layers[1].layer = "model.layers.7.self_attn.k_proj";
  EXPECT_THROW(verify_export(folder / "peft", other, DType::f32), Error);
  other.layers.pop_back();
  EXPECT_THROW(verify_export(folder / "peft", other, DType::f32), Error);
}

TEST_F(Exports, RefuseWhatAFormatCannotHold) {
  TrainedAdapter adapter = language_model();
  EXPECT_EQ(error_of([&] { export_kohya(folder / "x", adapter); }).category(), ErrorCategory::unsupported);
  EXPECT_EQ(error_of([&] { export_diffusers(folder / "x", adapter); }).category(), ErrorCategory::unsupported);
  adapter.layers[0].parts["magnitude"] = tensor({32});
  EXPECT_EQ(error_of([&] { export_gguf_adapter(folder / "x", adapter); }).category(), ErrorCategory::unsupported);
  EXPECT_EQ(error_of([&] { export_gguf_adapter(folder / "x", image_model()); }).category(), ErrorCategory::unsupported);
  EXPECT_EQ(error_of([&] { export_peft(folder / "x", image_model()); }).category(), ErrorCategory::unsupported);
  EXPECT_EQ(error_of([&] { gguf_layer_name("model.layers.0.mamba.in_proj"); }).category(), ErrorCategory::unsupported);
  EXPECT_FALSE(std::filesystem::exists(folder / "x"));
}

}  // namespace
}  // namespace diptych::train
