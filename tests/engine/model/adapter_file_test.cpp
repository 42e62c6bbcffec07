// The kinds of adapter files by their keys and shapes, and what is refused of them.
#include "engine/model/adapter_file.h"

#include <gtest/gtest.h>

#include <cmath>
#include <fstream>

#include "engine/io/formats/safetensors.h"
#include "engine/model/adapter_delta.h"
#include "engine/model/adapter_keys.h"
#include "engine/model/adapter_match.h"
#include "tests/engine/io/io_testing.h"

namespace diptych {
namespace {

using testing::TemporaryFolder;

TEST(AdapterKeys, NameLayersOfComponents) {
  struct Known {
    const char *key, *part, *component, *layer;
    bool underscored;
  };
  for (const Known& known : {
           Known{"lora_unet_down_blocks_0_attn1_to_q.lora_down.weight", "lora_down", "denoiser",
                 "down_blocks_0_attn1_to_q", true},
           Known{"lora_te_text_model_encoder_layers_0_mlp_fc1.alpha", "alpha", "text_encoder",
                 "text_model_encoder_layers_0_mlp_fc1", true},
           Known{"lora_te2_text_model_encoder_layers_0_mlp_fc1.lora_up.weight", "lora_up", "text_encoder_2",
                 "text_model_encoder_layers_0_mlp_fc1", true},
           Known{"lora_unet_conv_in.lora_mid.weight", "lora_mid", "denoiser", "conv_in", true},
           Known{"lora_unet_x.dora_scale", "dora_scale", "denoiser", "x", true},
           Known{"lycoris_blocks_0_attn.hada_w1_a", "hada_w1_a", "denoiser", "blocks_0_attn", true},
           Known{"lora_unet_x.lokr_w2_b", "lokr_w2_b", "denoiser", "x", true},
           Known{"lora_unet_norm.w_norm", "diff", "denoiser", "norm", true},
           Known{"diffusion_model.blocks.0.x.diff_b", "diff_b", "denoiser", "blocks.0.x", false},
           Known{"unet.a.attn1.to_out.0.lora_A.weight", "lora_down", "denoiser", "a.attn1.to_out.0", false},
           Known{"unet.a.attn1.processor.to_out_lora.up.weight", "lora_up", "denoiser", "a.attn1.to_out.0", false},
           Known{"a.attn1.processor.to_q_lora.down.weight", "lora_down", "", "a.attn1.to_q", false},
           Known{"text_encoder.text_model.l.0.self_attn.to_q_lora.down.weight", "lora_down", "text_encoder",
                 "text_model.l.0.self_attn.q_proj", false},
           Known{"text_encoder.l.q_proj.lora_linear_layer.up.weight", "lora_up", "text_encoder", "l.q_proj", false},
           Known{"transformer.x_embedder.lora_B.bias", "up_bias", "denoiser", "x_embedder", false},
           Known{"base_model.model.model.layers.0.q.lora_B.default.weight", "lora_up", "", "model.layers.0.q", false},
           Known{"base_model.model.unet.x.lora_magnitude_vector", "magnitude", "denoiser", "x", false},
           Known{"text_encoders.clip_l.transformer.text_model.l.0.mlp.fc1.lora_up.weight", "lora_up", "text_encoder",
                 "text_model.l.0.mlp.fc1", false},
           Known{"text_encoders.clip_g.transformer.text_model.l.0.mlp.fc1.alpha", "alpha", "text_encoder_2",
                 "text_model.l.0.mlp.fc1", false},
           Known{"text_encoders.t5xxl.transformer.encoder.block.0.layer.0.SelfAttention.q.lora_A.weight", "lora_down",
                 "text_encoder_3", "encoder.block.0.layer.0.SelfAttention.q", false},
           Known{"double_blocks.0.processor.proj_lora1.down.weight", "lora_down", "", "double_blocks.0.proj_lora1",
                 false},
           Known{"single_blocks.0.processor.qkv_lora.up.weight", "lora_up", "", "single_blocks.0.qkv", false},
           Known{"blk.0.attn_q.weight.lora_a", "lora_down", "", "blk.0.attn_q", false},
       }) {
    const auto key = split_adapter_key(known.key);
    ASSERT_TRUE(key) << known.key;
    const AdapterPlace place = place_of_adapter_layer(key->stem);
    EXPECT_EQ(key->part, known.part) << known.key;
    EXPECT_EQ(place.component, known.component) << known.key;
    EXPECT_EQ(place.layer, known.layer) << known.key;
    EXPECT_EQ(place.underscored, known.underscored) << known.key;
  }
  for (const char* key : {"", ".alpha", "x.weight", "lora_unet_x.oft_blocks", "x.lokr_w3", "hada_w1_a"}) {
    EXPECT_FALSE(split_adapter_key(key)) << key;
  }
}

class AdapterFiles : public ::testing::Test {
 protected:
  struct Values {
    std::string name;
    Shape dims;
    std::vector<float> values;
  };

  std::shared_ptr<const Adapter> written(const std::vector<Values>& tensors,
                                         const std::map<std::string, std::string>& metadata = {}) {
    std::vector<NamedTensor> named;
    for (const Values& one : tensors) {
      named.push_back({one.name, DType::f32, one.dims, std::as_bytes(std::span(one.values))});
    }
    write_safetensors(folder / "x.safetensors", named, metadata);
    return open_adapter(folder / "x.safetensors");
  }
  static std::vector<float> ramp(int64_t count, float first = 1) {
    std::vector<float> values;
    for (int64_t i = 0; i < count; ++i) values.push_back(first + static_cast<float>(i));
    return values;
  }
  // What the only layer adds, multiplied out.
  std::vector<float> delta(const Adapter& adapter) {
    const AdapterDelta delta = adapter_delta(ctx, adapter, adapter.layers.front(), true);
    std::vector<float> values(delta.dense.data<float>(), delta.dense.data<float>() + delta.dense.elements());
    for (float& value : values) value *= delta.scale;
    return values;
  }
  std::string refusal(const std::vector<Values>& tensors) {
    try {
      const auto adapter = written(tensors);
      adapter_form(*adapter, adapter->layers.front());
    } catch (const Error& error) {
      return error.what();
    }
    return "";
  }

  TemporaryFolder folder;
  Context ctx{cpu_device, 1};
};

TEST_F(AdapterFiles, LowRankIsScaledByAlpha) {
  const std::vector<Values> tensors{{"lora_unet_x.lora_down.weight", {1, 3}, {1, 2, 3}},
                                    {"lora_unet_x.lora_up.weight", {2, 1}, {1, -1}}};
  EXPECT_EQ(delta(*written(tensors)), (std::vector<float>{1, 2, 3, -1, -2, -3}));
  std::vector<Values> scaled = tensors;
  scaled.push_back({"lora_unet_x.alpha", {}, {0.5f}});
  EXPECT_EQ(delta(*written(scaled)), (std::vector<float>{0.5f, 1, 1.5f, -0.5f, -1, -1.5f}));
}

// By the definition: sum over i and j of core[i, j, tap] up[row, i] down[j, channel].
TEST_F(AdapterFiles, AConvolutionsCoreStandsBetween) {
  const auto adapter = written({{"lora_unet_x.lora_down.weight", {2, 3, 1, 1}, ramp(6)},
                                {"lora_unet_x.lora_mid.weight", {2, 2, 1, 2}, ramp(8)},
                                {"lora_unet_x.lora_up.weight", {2, 2, 1, 1}, {1, 0, 0, 1}}});
  const AdapterForm form = adapter_form(*adapter, adapter->layers.front());
  EXPECT_EQ(form.rows, 2);
  EXPECT_EQ(form.cols, 6);
  // Row 0, channel 0: taps 1 * 1 + 3 * 4 and 2 * 1 + 4 * 4.
  const std::vector<float> values = delta(*adapter);
  EXPECT_EQ(values[0], 13);
  EXPECT_EQ(values[1], 18);
  EXPECT_EQ(values[6], 5 * 1 + 7 * 4);
}

TEST_F(AdapterFiles, HadamardAndKroneckerProductsHaveFactors) {
  const auto factored = [&](const Adapter& adapter) {
    const AdapterDelta delta = adapter_delta(ctx, adapter, adapter.layers.front(), false);
    EXPECT_TRUE(delta.up);
    const int64_t rows = delta.up.dim(0), rank = delta.up.dim(1), cols = delta.down.dim(1);
    std::vector<float> product(static_cast<size_t>(rows * cols));
    for (int64_t i = 0; i < rows * cols; ++i) {
      for (int64_t k = 0; k < rank; ++k) {
        product[static_cast<size_t>(i)] +=
            delta.scale * delta.up.data<float>()[i / cols * rank + k] * delta.down.data<float>()[k * cols + i % cols];
      }
    }
    return product;
  };
  const auto loha = written({{"lora_unet_x.hada_w1_a", {9, 1}, ramp(9)},
                             {"lora_unet_x.hada_w1_b", {1, 8}, ramp(8)},
                             {"lora_unet_x.hada_w2_a", {9, 2}, ramp(18)},
                             {"lora_unet_x.hada_w2_b", {2, 8}, ramp(16)}});
  EXPECT_EQ(factored(*loha), delta(*loha));
  EXPECT_EQ(delta(*loha)[8], 2 * (3 * 1 + 4 * 9));
  const auto lokr = written({{"lora_unet_x.lokr_w1", {3, 2}, ramp(6)},
                             {"lora_unet_x.lokr_w2_a", {6, 1}, ramp(6)},
                             {"lora_unet_x.lokr_w2_b", {1, 7}, ramp(7)},
                             {"lora_unet_x.alpha", {1}, {2}}});
  EXPECT_EQ(factored(*lokr), delta(*lokr));
  EXPECT_EQ(delta(*lokr)[static_cast<size_t>(7 * 14 + 9)], 2 * 4 * 2 * 3);  // w1[1, 1] w2[1, 2], alpha / 1
}

TEST_F(AdapterFiles, DiffusersMetadataGivesAlpha) {
  const std::vector<Values> tensors{{"unet.x.lora_A.weight", {2, 1}, {1, 1}}, {"unet.x.lora_B.weight", {1, 2}, {1, 1}}};
  EXPECT_EQ(delta(*written(tensors, {{"lora_adapter_metadata", R"({"unet.lora_alpha": 8, "unet.r": 2})"}})),
            std::vector<float>{8});
  const char* stabilised = R"({"unet.lora_alpha": 8, "unet.use_rslora": true, "unet.alpha_pattern": {"y|x": 2}})";
  EXPECT_FLOAT_EQ(delta(*written(tensors, {{"lora_adapter_metadata", stabilised}})).front(), 4 / std::sqrt(2.0f));
}

// T5 is SD3's third encoder and FLUX' second; what is not loaded is left out.
TEST_F(AdapterFiles, ComfyUisTextEncodersAreThoseOfTheModel) {
  const std::string t5 = "encoder.block.0.layer.0.SelfAttention.q", clip = "text_model.encoder.layers.0.mlp.fc1";
  std::vector<Values> tensors;
  for (const std::string& stem : {"clip_l.transformer." + clip, "t5xxl.transformer." + t5}) {
    tensors.push_back({"text_encoders." + stem + ".lora_down.weight", {1, 3}, ramp(3)});
    tensors.push_back({"text_encoders." + stem + ".lora_up.weight", {2, 1}, ramp(2)});
  }
  const AdapterUse use{written(tensors)};
  for (const char* component : {"text_encoder_2", "text_encoder_3"}) {
    const ModelPart part{component, std::make_shared<WeightTargets>()};
    part.targets->add({.name = t5 + ".weight", .file = use.adapter->file, .rows = 2, .cols = 3});
    const AdapterMatch match = match_adapters({&part, 1}, {&use, 1});
    EXPECT_TRUE(match.changes.contains(part.targets->first_of(t5 + ".weight"))) << component;
    EXPECT_EQ(match.report.absent, (std::map<std::string, int64_t>{{"text_encoder", 1}})) << component;
  }
}

TEST_F(AdapterFiles, WhatIsIncompleteOrUnknownIsNamed) {
  const auto expect = [](const std::string& message, const std::string& part) {
    EXPECT_NE(message.find(part), message.npos) << message;
  };
  expect(refusal({{"lora_unet_x.lora_down.weight", {1, 3}, ramp(3)}}), "lora_unet_x lacks its tensor lora_up");
  expect(refusal({{"lora_unet_x.alpha", {}, {1}}}), "lora_unet_x lacks the tensors that say what it adds");
  expect(refusal({{"lora_unet_x.lora_down.weight", {2, 3}, ramp(6)}, {"lora_unet_x.lora_up.weight", {2, 1}, ramp(2)}}),
         "lora_up [2, 1] and lora_down [2, 3], which do not belong together");
  expect(refusal({{"a.oft_blocks", {1}, {1}}, {"b.lora_down.weight", {1}, {1}}}), "a.oft_blocks");
  for (const char* name : {"x.pt", "x.ckpt"}) {
    std::ofstream(folder / name) << "bytes";
    try {
      open_adapter(folder / name);
      ADD_FAILURE() << name;
    } catch (const Error& error) {
      expect(error.what(), "save_file");
    }
  }
  written({{"lora_unet_x.lora_down.weight", {1, 3}, ramp(3)}});
  std::filesystem::resize_file(folder / "x.safetensors", std::filesystem::file_size(folder / "x.safetensors") - 4);
  EXPECT_THROW(open_adapter(folder / "x.safetensors"), Error);
  EXPECT_THROW(open_adapter(folder / "none.safetensors"), Error);
  EXPECT_THROW(open_adapter(folder.path()), Error);
}

TEST_F(AdapterFiles, ConfigurationsThatAskForMoreAreRefused) {
  std::filesystem::create_directories(folder / "peft");
  const auto open_with = [&](const std::string& config) {
    written({{"base_model.model.x.lora_A.weight", {1, 1}, {1}}, {"base_model.model.x.lora_B.weight", {1, 1}, {1}}});
    std::filesystem::copy_file(folder / "x.safetensors", folder / "peft/adapter_model.safetensors",
                               std::filesystem::copy_options::overwrite_existing);
    std::ofstream(folder / "peft/adapter_config.json") << config;
    return open_adapter(folder / "peft");
  };
  EXPECT_EQ(delta(*open_with(R"({"peft_type": "LORA", "r": 1, "lora_alpha": 3, "fan_in_fan_out": false})")),
            std::vector<float>{3});
  for (const char* config :
       {R"({"peft_type": "IA3"})", R"({})", R"([])", R"({"peft_type": "LORA", "lora_alpha": "a"})",
        R"({"peft_type": "LORA", "fan_in_fan_out": true})", R"({"peft_type": "LORA", "alpha_pattern": {"(": 1}})",
        R"({"peft_type": "LORA", "r": 0})"}) {
    EXPECT_THROW(open_with(config), Error) << config;
  }
}

}  // namespace
}  // namespace diptych
