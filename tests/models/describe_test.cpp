// What files and folders are told to be, by their headers alone.
#include "models/checkpoint/describe.h"

#include <gtest/gtest.h>

#include <fstream>

#include "engine/io/formats/gguf_writer.h"
#include "models/registry.h"
#include "tests/engine/diffusion/single_file.h"
#include "tests/engine/io/io_testing.h"
#include "tests/models/tiny_model.h"

namespace diptych::testing {
namespace {

namespace fs = std::filesystem;

const fs::path cases = fs::path(DIPTYCH_SOURCE_DIR) / "tests/golden/cases";

ModelDescription description_of(const fs::path& path) {
  static const ModelRegistry registry = [] {
    ModelRegistry made;
    models::register_all(made);
    return made;
  }();
  return models::describe_model(registry, path);
}

// "image gguf: FLUX.1; denoiser, autoencoder"
std::string described(const fs::path& path) {
  const ModelDescription told = description_of(path);
  std::string text = std::string(model_kind_name(told.kind)) + " " + model_form_name(told.form);
  if (!told.family.empty()) text += ": " + told.family;
  if (!told.parts.empty()) text += "; " + told.parts;
  return text;
}

TEST(DescribeModel, CheckpointsOfOneFile) {
  const std::pair<const char*, const char*> expected[] = {
      {"sd1", "image safetensors: Stable Diffusion; denoiser, autoencoder, text encoder"},
      {"flux", "image safetensors: FLUX.1; denoiser, autoencoder, 2 text encoders"},
      {"sd3", "image safetensors: Stable Diffusion 3; denoiser, autoencoder, 3 text encoders"},
      {"z_image", "image safetensors: Z-Image; denoiser, autoencoder"},
      {"qwen_image", "image safetensors: Qwen-Image; denoiser, autoencoder"},
      {"sd1_control", "control safetensors: ControlNet"},
      {"sdxl_control", "control safetensors: ControlNet"}};
  for (const auto& [table, text] : expected) {
    const TemporaryFolder folder;
    const auto components = layout_components(table, DType::f16);
    write_tensors_file(folder / "x.safetensors",
                       original_tensors(components, [](const LayoutComponent&) { return true; }));
    EXPECT_EQ(described(folder / "x.safetensors"), text);
  }
}

TEST(DescribeModel, PartsInFilesOfTheirOwn) {
  const TemporaryFolder folder;
  for (const LayoutComponent& component : layout_components("flux", DType::f16)) {
    write_tensors_file(folder / (component.folder + ".safetensors"), component.originals);
  }
  EXPECT_EQ(described(folder / "transformer.safetensors"), "image safetensors: FLUX.1; denoiser");
  EXPECT_EQ(described(folder / "vae.safetensors"), "vae safetensors: AutoencoderKL, 16 channels; autoencoder");
  EXPECT_EQ(described(folder / "text_encoder.safetensors"), "text encoder safetensors: CLIP; text encoder");
  EXPECT_EQ(described(folder / "text_encoder_2.safetensors"), "text encoder safetensors: T5; text encoder");
}

TEST(DescribeModel, FilesThatGoWithModels) {
  for (const char* name : {"lora_sd15_kohya", "lora_sd15_diffusers", "lora_sd15_loha", "lora_sd15_lokr",
                           "lora_flux_kohya", "lora_sdxl_original_names"}) {
    EXPECT_EQ(description_of(cases / name / "lora.safetensors").kind, ModelKind::adapter) << name;
  }
  EXPECT_EQ(described(cases / "lora_flux_kohya/lora.safetensors"), "adapter safetensors: FLUX.1");
  EXPECT_EQ(described(cases / "ip_adapter_sd15/ip-adapter.safetensors"), "IP-Adapter safetensors: IP-Adapter");
  EXPECT_EQ(described(cases / "upscaler_rrdb_x4/model/model.safetensors"), "upscaler safetensors: ESRGAN");
  EXPECT_EQ(described(cases / "controlnet_sd15/model"), "control folder: ControlNetModel");
  EXPECT_EQ(described(cases / "t2i_adapter_full/model"), "control folder: T2IAdapter");
  EXPECT_EQ(described(cases / "image_encoder_clip/model"), "image encoder folder: clip_vision_model");
  EXPECT_EQ(described(cases / "vae_kl_4ch/model"), "vae folder: AutoencoderKL");
  EXPECT_EQ(described(cases / "text_encoder_t5_gated/model"), "text encoder folder: t5");
  EXPECT_EQ(described(cases / "denoiser_unet_sd15/model"), "image folder: UNet2DConditionModel; denoiser");
  EXPECT_EQ(described(cases / "pipeline_sd15/model"), "image pipeline: StableDiffusionPipeline");
  const TemporaryFolder folder;
  const std::vector<std::byte> vectors(size_t{3} * 768 * 4);
  write_tensors_file(folder / "word.safetensors", {{"emb_params", DType::f32, {3, 768}, vectors}});
  EXPECT_EQ(description_of(folder / "word.safetensors").kind, ModelKind::embedding);
  write_tensors_file(folder / "xlabs.safetensors",
                     {{"double_blocks.0.processor.qkv_lora1.down.weight", DType::f32, {3, 768}, vectors}});
  EXPECT_EQ(described(folder / "xlabs.safetensors"), "adapter safetensors: FLUX.1");
  write_tensors_file(folder / "layers.safetensors",
                     {{"diffusion_model.layers.0.attention.out.lora_A.weight", DType::f32, {3, 768}, vectors}});
  EXPECT_EQ(described(folder / "layers.safetensors"), "adapter safetensors: Z-Image");
}

TEST(DescribeModel, LanguageModels) {
  const TemporaryFolder folder;
  TinyModel model({.architecture = "qwen3"});
  model.write_hf(folder / "hf", DType::f32);
  model.write_gguf(folder / "model.gguf", DType::f32);
  EXPECT_EQ(described(folder / "hf"), "text folder: qwen3");
  EXPECT_EQ(described(folder / "model.gguf"), "text gguf: qwen3");
  // Their weights alone are of no use, and a decoder without its output layer reads prompts.
  EXPECT_NE(error_of([&] { description_of(folder / "hf/model.safetensors"); }).why().find("language model"),
            std::string::npos);
  EXPECT_EQ(description_of(cases / "pipeline_z_image/model/text_encoder").kind, ModelKind::text_encoder);
}

TEST(DescribeModel, WhatCannotBeUsedSaysWhy) {
  const TemporaryFolder folder;
  const auto why = [&](const fs::path& path) {
    const Error error = error_of([&] { description_of(path); });
    EXPECT_FALSE(error.to_do().empty());
    return error.why();
  };
  write_bytes(folder / "old.ckpt", std::string("PK\3\4", 4));
  EXPECT_NE(why(folder / "old.ckpt").find("pickle"), std::string::npos);
  write_tensors_file(folder / "what.safetensors", {{"what", DType::f32, {1}, std::vector<std::byte>(4)}});
  EXPECT_NE(why(folder / "what.safetensors").find("no network that is known"), std::string::npos);
  write_bytes(folder / "cut.safetensors", "12345");
  EXPECT_FALSE(why(folder / "cut.safetensors").empty());
  write_bytes(folder / "bert/config.json", R"({"model_type": "bert", "architectures": ["BertModel"]})");
  EXPECT_NE(why(folder / "bert").find("no safetensors weights"), std::string::npos);
  write_tensors_file(folder / "bert/model.safetensors", {{"what", DType::f32, {1}, std::vector<std::byte>(4)}});
  EXPECT_NE(why(folder / "bert").find("'bert'"), std::string::npos);
  for (const char* scale : {"scaled_fp8", "double_blocks.0.img_mlp.0.scale_weight",
                            "double_blocks.0.img_mlp.0.weight_scale", "double_blocks.0.img_mlp.0.comfy_quant"}) {
    auto components = layout_components("flux", DType::f16);
    components.front().originals.push_back({scale, DType::f16, {2}, std::vector<std::byte>(4)});
    write_tensors_file(folder / "scaled.safetensors", components.front().originals);
    EXPECT_NE(why(folder / "scaled.safetensors").find("scales of their own"), std::string::npos) << scale;
  }
}

}  // namespace
}  // namespace diptych::testing
