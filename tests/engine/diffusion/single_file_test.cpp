// Checkpoints of one file: the image is the one that diffusers' folder gives, bit for bit.
#include "tests/engine/diffusion/single_file.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <fstream>

#include "engine/diffusion/image_run.h"
#include "engine/diffusion/noise/image_noise.h"
#include "engine/io/formats/gguf_writer.h"
#include "models/registry.h"
#include "tests/engine/io/io_testing.h"
#include "tests/engine/ops/op_testing.h"

namespace diptych::testing {
namespace {

using namespace diffusion;

ModelRegistry all_models() {
  ModelRegistry registry;
  models::register_all(registry);
  return registry;
}

bool all_of_it(const LayoutComponent&) {
  return true;
}

Tensor image_of(Context& ctx, const ImageModelParts& parts) {
  const ImageModel model = load_image_model(ctx, all_models(), parts);
  ImageRequest request;
  request.prompt = "A photo of a small golden fox in the rain, 35mm";
  request.negative = "blurry";
  request.steps = 2;
  request.width = request.height = 16;
  request.text_tokens = 24;
  if (model.denoiser->info().in_channels > 2 * model.latent_channels()) {
    request.init_image = ctx.output({1, 3, 16, 16});
    request.mask = ctx.output({1, 1, 16, 16});
    std::ranges::fill(request.init_image.span<float>(), 0.25f);
    std::ranges::fill(request.mask.span<float>(), 1.0f);
    request.strength = 1;
  }
  const int64_t side = 16 / model.autoencoder->info().scale;
  ImageNoise noise(NoiseKind::philox, 3, 1, model.latent_channels() * side * side);
  return make_images(ctx, model, request, noise).images;
}

void expect_same_image(Context& ctx, const ImageModelParts& a, const ImageModelParts& b) {
  const Tensor one = image_of(ctx, a), two = image_of(ctx, b);
  ASSERT_EQ(one.shape(), two.shape());
  EXPECT_TRUE(std::ranges::equal(one.span<float>(), two.span<float>()));
  EXPECT_FALSE(std::ranges::all_of(one.span<float>(), [&](float value) { return value == one.data<float>()[0]; }));
}

ModelRef ref_of(const std::filesystem::path& path) {
  return {.path = path, .vae = {}, .text_encoders = {}, .prediction = {}, .quantize = {}};
}

struct Expected {
  const char* table;
  const char* pipeline;
  DType type;
};

class SingleFile : public ::testing::TestWithParam<Expected> {};

TEST_P(SingleFile, GivesTheImageOfTheFolder) {
  const TemporaryFolder folder;
  Context ctx(cpu_device, 2);
  const auto components = layout_components(GetParam().table, GetParam().type);
  write_tensors_file(folder / "all.safetensors", original_tensors(components, all_of_it));
  const ImageModelParts parts = open_parts(all_models(), ref_of(folder / "all.safetensors"));
  EXPECT_EQ(parts.pipeline, GetParam().pipeline);
  expect_same_image(ctx, parts, write_folders(components, folder / "folders", parts));
}

TEST_P(SingleFile, TakesPartsFromSeveralFiles) {
  const TemporaryFolder folder;
  Context ctx(cpu_device, 2);
  const auto components = layout_components(GetParam().table, GetParam().type);
  ModelRef ref = ref_of(folder / "denoiser.safetensors");
  for (const LayoutComponent& component : components) {
    // As such files are shared: an autoencoder and encoders without a prefix, the denoiser with or without.
    std::vector<StoredTensor> tensors = component.originals;
    const bool denoiser = component.folder == "unet" || component.folder == "transformer";
    const auto path = folder / ((denoiser ? "denoiser" : component.folder) + ".safetensors");
    write_tensors_file(path, tensors);
    if (component.folder == "vae") ref.vae = path;
    if (component.folder.starts_with("text")) ref.text_encoders.push_back(path);
  }
  if (std::string_view(GetParam().table) == "sd2_inpaint") return;  // whose encoder's last layer no file tells about
  write_tensors_file(folder / "all.safetensors", original_tensors(components, all_of_it));
  ImageModelParts whole = open_parts(all_models(), ref_of(folder / "all.safetensors"));
  ImageModelParts parts = open_parts(all_models(), ref);
  // Of two layers, none tells OpenCLIP's activation under transformers' names.
  for (size_t i = 0; i < parts.texts.size(); ++i) {
    if (parts.texts[i] && std::string_view(GetParam().table) == "sd3") parts.texts[i] = whole.texts[i];
  }
  expect_same_image(ctx, parts, whole);
}

INSTANTIATE_TEST_SUITE_P(Families, SingleFile,
                         ::testing::Values(Expected{"sd1", "StableDiffusionPipeline", DType::f16},
                                           Expected{"sd2_inpaint", "StableDiffusionPipeline", DType::f32},
                                           Expected{"sdxl", "StableDiffusionXLPipeline", DType::f32},
                                           Expected{"sdxl_refiner", "StableDiffusionXLPipeline", DType::f16},
                                           Expected{"flux", "FluxPipeline", DType::bf16},
                                           Expected{"sd3", "StableDiffusion3Pipeline", DType::f16}),
                         [](const auto& info) { return info.param.table; });

// A denoiser as GGUF files have it: without a prefix, matrices in blocks, and what has other rows cut into rows of 256.
void write_gguf(const std::filesystem::path& path, const char* architecture, const LayoutComponent& component,
                DType matrices) {
  GgufWriter writer;
  writer.set("general.architecture", architecture);
  for (const StoredTensor& tensor : component.originals) {
    const int64_t values = tensor.dims.elements();
    const bool rows = tensor.dims.rank() == 2 && tensor.dims[1] % dtype_info(matrices).block_values == 0;
    if (tensor.dims.rank() < 2 || (!rows && values % 256 != 0) || matrices == DType::f32) {
      writer.add_tensor(tensor.name, tensor.type, tensor.dims, tensor.data);
      continue;
    }
    std::vector<std::byte> blocks(dtype_bytes(matrices, values));
    quantize_row(matrices, reinterpret_cast<const float*>(tensor.data.data()), blocks.data(), values);
    if (!rows) {
      std::vector<int32_t> extents(tensor.dims.extents().begin(), tensor.dims.extents().end());
      writer.set("comfy.gguf.orig_shape." + tensor.name, std::span<const int32_t>(extents));
    }
    writer.add_tensor(tensor.name, matrices, rows ? tensor.dims : Shape{values / 256, 256}, blocks);
  }
  writer.write(path);
}

double difference(const Tensor& a, const Tensor& b) {
  double error = 0, size = 0;
  for (size_t i = 0; i < a.span<float>().size(); ++i) {
    error += std::pow(static_cast<double>(a.span<float>()[i]) - b.span<float>()[i], 2);
    size += std::pow(static_cast<double>(b.span<float>()[i]) - 0.5, 2);
  }
  return std::sqrt(error / size);
}

TEST(GgufPipeline, TakesItsOtherPartsFromFiles) {
  for (const auto& [table, architecture] : {std::pair{"flux", "flux"}, {"sd1", "sd1"}, {"sdxl", "sdxl"}}) {
    SCOPED_TRACE(table);
    const TemporaryFolder folder;
    Context ctx(cpu_device, 2);
    const auto components = layout_components(table);
    write_tensors_file(folder / "all.safetensors", original_tensors(components, all_of_it));
    const Tensor exact = image_of(ctx, open_parts(all_models(), ref_of(folder / "all.safetensors")));
    for (const DType type : {DType::f32, DType::q8_0, DType::q4_k}) {
      write_gguf(folder / "model.gguf", architecture, components.front(), type);
      ModelRef ref = ref_of(folder / "model.gguf");
      ref.vae = folder / "all.safetensors";
      ref.text_encoders = {folder / "all.safetensors"};
      const Tensor image = image_of(ctx, open_parts(all_models(), ref));
      if (type == DType::f32) {
        EXPECT_TRUE(std::ranges::equal(image.span<float>(), exact.span<float>()));
      } else {
        EXPECT_LT(difference(image, exact), type == DType::q8_0 ? 0.05 : 0.4);
      }
    }
  }
}

// Its text encoder is a language model, whose folder or GGUF file the user names.
TEST(SingleFileParts, ZImageTakesALanguageModel) {
  const TemporaryFolder folder;
  Context ctx(cpu_device, 2);
  const auto components = layout_components("z_image");
  write_tensors_file(folder / "all.safetensors", original_tensors(components, all_of_it));
  ModelRef ref = ref_of(folder / "all.safetensors");
  ref.text_encoders = {std::filesystem::path(DIPTYCH_SOURCE_DIR) /
                       "tests/golden/cases/pipeline_z_image/model/text_encoder"};
  const ImageModelParts parts = open_parts(all_models(), ref);
  EXPECT_EQ(parts.pipeline, "ZImagePipeline");
  expect_same_image(ctx, parts, write_folders(components, folder / "folders", parts));
}

// llama.cpp's name of a T5 encoder's weight.
std::string gguf_name_of_t5(std::string name) {
  const std::pair<const char*, const char*> changes[] = {
      {"shared.weight", "token_embd.weight"},
      {"encoder.final_layer_norm", "enc.output_norm"},
      {"encoder.block.", "enc.blk."},
      {"layer.0.SelfAttention.relative_attention_bias", "attn_rel_b"},
      {"layer.0.SelfAttention.", "attn_"},
      {"layer.0.layer_norm", "attn_norm"},
      {"layer.1.layer_norm", "ffn_norm"},
      {"layer.1.DenseReluDense.wi_0", "ffn_gate"},
      {"layer.1.DenseReluDense.wi_1", "ffn_up"},
      {"layer.1.DenseReluDense.wo", "ffn_down"}};
  for (const auto& [from, to] : changes) {
    if (const size_t at = name.find(from); at != std::string::npos) name.replace(at, std::string(from).size(), to);
  }
  return name;
}

// An encoder as llama.cpp's converter writes it, without the vocabulary, which is then the one that is built in.
void write_t5_gguf(const std::filesystem::path& path, const LayoutComponent& component, DType matrices,
                   const std::string& more = "") {
  const nlohmann::json& config = component.config;
  GgufWriter writer;
  writer.set("general.architecture", "t5encoder");
  for (const auto& [key, from] : {std::pair{"block_count", "num_layers"},
                                  {"embedding_length", "d_model"},
                                  {"feed_forward_length", "d_ff"},
                                  {"attention.head_count", "num_heads"},
                                  {"attention.key_length", "d_kv"}}) {
    writer.set("t5encoder." + std::string(key), config[from].get<uint32_t>());
  }
  writer.set("t5encoder.attention.relative_buckets_count", uint32_t{32});
  writer.set("t5encoder.attention.layer_norm_rms_epsilon", 1e-6f);
  for (const StoredTensor& tensor : component.diffusers) {
    const std::string name = gguf_name_of_t5(tensor.name);
    if (!more.empty() && name.find("attn_rel_b") != std::string::npos)
      writer.add_tensor(more, tensor.type, tensor.dims, tensor.data);
    if (tensor.dims.rank() < 2 || matrices == DType::f32 || name.find("attn_rel_b") != std::string::npos) {
      writer.add_tensor(name, tensor.type, tensor.dims, tensor.data);
      continue;
    }
    std::vector<std::byte> blocks(dtype_bytes(matrices, tensor.dims.elements()));
    quantize_row(matrices, reinterpret_cast<const float*>(tensor.data.data()), blocks.data(), tensor.dims.elements());
    writer.add_tensor(name, matrices, tensor.dims, blocks);
  }
  writer.write(path);
}

// A folder's own encoder gives way to one of the same kind and size; its vocabulary stays.
TEST(PipelineFolder, TakesAnotherTextEncoder) {
  const std::filesystem::path cases = std::filesystem::path(DIPTYCH_SOURCE_DIR) / "tests/golden/cases";
  const std::filesystem::path sigma = cases / "pipeline_pixart_sigma/model",
                              alpha = cases / "pipeline_pixart_alpha/model";
  Context ctx(cpu_device, 2);
  const auto parts_with = [&](const std::vector<std::filesystem::path>& encoders) {
    ModelRef ref = ref_of(sigma);
    ref.text_encoders = encoders;
    return open_parts(all_models(), ref);
  };
  const ImageModelParts parts = parts_with({alpha / "text_encoder"});
  EXPECT_EQ(parts.texts.front()->encoder.path, alpha / "text_encoder");
  const Tensor own = image_of(ctx, parts_with({})), same = image_of(ctx, parts_with({sigma / "text_encoder"}));
  EXPECT_TRUE(std::ranges::equal(own.span<float>(), same.span<float>()));
  const Error error = error_of([&] { parts_with({cases / "pipeline_sd15/model/text_encoder"}); });
  EXPECT_EQ(error.category(), ErrorCategory::unsupported);
  EXPECT_NE(error.why().find("has no place for a"), std::string::npos) << error.why();
}

// In a checkpoint without T5, and in place of the one that a checkpoint has.
TEST(GgufPipeline, ReadsPromptsWithAT5OfGguf) {
  for (const char* table : {"flux", "sd3"}) {
    SCOPED_TRACE(table);
    const TemporaryFolder folder;
    Context ctx(cpu_device, 2);
    const auto components = layout_components(table);
    const LayoutComponent& t5 = components.back();
    ASSERT_EQ(t5.config["model_type"], "t5");
    write_tensors_file(folder / "all.safetensors", original_tensors(components, all_of_it));
    write_tensors_file(folder / "without.safetensors", original_tensors(components, [&](const LayoutComponent& one) {
                         return one.folder != t5.folder;
                       }));
    const Tensor exact = image_of(ctx, open_parts(all_models(), ref_of(folder / "all.safetensors")));
    for (const DType type : {DType::f32, DType::q8_0}) {
      write_t5_gguf(folder / "t5.gguf", t5, type);
      for (const char* file : {"without.safetensors", "all.safetensors"}) {
        ModelRef ref = ref_of(folder / file);
        ref.text_encoders = {folder / "t5.gguf"};
        const ImageModelParts parts = open_parts(all_models(), ref);
        EXPECT_NE(parts.texts.back()->encoder.gguf, nullptr);
        const Tensor image = image_of(ctx, parts);
        if (type == DType::f32) {
          EXPECT_TRUE(std::ranges::equal(image.span<float>(), exact.span<float>())) << file;
        } else {
          EXPECT_LT(difference(image, exact), 0.05) << file;
          EXPECT_FALSE(std::ranges::equal(image.span<float>(), exact.span<float>())) << file;
        }
      }
    }
  }
}

TEST(GgufPipeline, RefusesAT5WhoseLayersHaveTheirOwnPositions) {
  const TemporaryFolder folder;
  Context ctx(meta_device, 1);
  write_t5_gguf(folder / "umt5.gguf", layout_components("flux").back(), DType::f32, "enc.blk.1.attn_rel_b.weight");
  const Error refused =
      error_of([&] { all_models().load_text_encoder(ctx, all_models().open_component(folder / "umt5.gguf")); });
  EXPECT_EQ(refused.category(), ErrorCategory::unsupported);
  EXPECT_NE(refused.why().find("UMT5"), std::string::npos) << refused.what();
}

// Its original names are diffusers' own.
TEST(SingleFileParts, QwenImageTakesALanguageModel) {
  const TemporaryFolder folder;
  Context ctx(cpu_device, 2);
  const auto components = layout_components("qwen_image");
  const auto parts_of = [&](const std::filesystem::path& path) {
    ModelRef ref = ref_of(path);
    if (path.filename() != "all.safetensors") ref.vae = folder / "vae.safetensors";
    ref.text_encoders = {std::filesystem::path(DIPTYCH_SOURCE_DIR) /
                         "tests/golden/cases/pipeline_qwen_image/model/text_encoder"};
    return open_parts(all_models(), ref);
  };
  write_tensors_file(folder / "all.safetensors", original_tensors(components, all_of_it));
  write_tensors_file(folder / "plain.safetensors", components.front().originals);
  write_tensors_file(folder / "vae.safetensors", components.back().originals);
  const ImageModelParts parts = parts_of(folder / "all.safetensors");
  EXPECT_EQ(parts.pipeline, "QwenImagePipeline");
  EXPECT_TRUE(parts.scheduler.dynamic_shift);
  const ImageModelParts written = write_folders(components, folder / "folders", parts);
  expect_same_image(ctx, parts, written);
  expect_same_image(ctx, parts_of(folder / "plain.safetensors"), written);
  write_gguf(folder / "model.gguf", "qwen_image", components.front(), DType::f32);
  expect_same_image(ctx, parts_of(folder / "model.gguf"), written);
  auto variant = components.front().originals;
  variant.push_back({"time_text_embed.addition_t_embedding.weight", DType::f32, {1}, std::vector<std::byte>(4)});
  write_tensors_file(folder / "variant.safetensors", variant);
  const Error refused = error_of([&] { parts_of(folder / "variant.safetensors"); });
  EXPECT_EQ(refused.category(), ErrorCategory::unsupported);
  EXPECT_NE(refused.why().find("addition_t_embedding"), std::string::npos) << refused.what();
}

// All that a control model finds, one behind the other.
std::vector<float> residuals_of(Context& ctx, const ModelSource& source) {
  const auto model = all_models().load_control_model(ctx, source);
  const ControlModelInfo& info = model->info();
  DenoiserInput input;
  input.sample = tensor_of(ctx, {1, 4, 4, 6}, random_values(96, 1));
  input.text = tensor_of(ctx, {1, 5, info.text_width}, random_values(5 * info.text_width, 2));
  input.timesteps = {431};
  if (info.size_conditioned) {
    input.pooled = tensor_of(ctx, {1, 40}, random_values(40, 3));
    input.time_ids = tensor_of(ctx, {1, 6}, random_values(6, 4));
  }
  const Tensor picture = tensor_of(ctx, {1, 3, 32, 48}, random_values(3 * 32 * 48, 5));
  const ControlResiduals found = model->forward(ctx, input, model->prepare(ctx, picture));
  std::vector<float> values = values_of(found.middle);
  for (const Tensor& skip : found.skips) {
    const auto own = values_of(skip);
    values.insert(values.end(), own.begin(), own.end());
  }
  return values;
}

TEST(SingleFileParts, ControlNetsFindWhatTheFolderFinds) {
  for (const char* table : {"sd1_control", "sdxl_control"}) {
    SCOPED_TRACE(table);
    const TemporaryFolder folder;
    Context ctx(cpu_device, 2);
    const LayoutComponent component = layout_components(table).front();
    write_tensors_file(folder / "control/diffusion_pytorch_model.safetensors", component.diffusers);
    std::ofstream(folder / "control/config.json") << component.config;
    write_tensors_file(folder / "prefixed.safetensors", original_tensors({component}, all_of_it));
    write_tensors_file(folder / "plain.safetensors", component.originals);
    const auto expected = residuals_of(ctx, open_model(folder / "control"));
    EXPECT_GT(expected.size(), 100u);
    EXPECT_GT(*std::ranges::max_element(expected), 0.01f);
    for (const char* file :
         {"prefixed.safetensors", "plain.safetensors", "control/diffusion_pytorch_model.safetensors"}) {
      EXPECT_EQ(residuals_of(ctx, all_models().open_component(folder / file)), expected) << file;
    }
  }
}

TEST(SingleFileParts, AComponentIsAloneInItsFile) {
  const TemporaryFolder folder;
  const auto components = layout_components("sd1", DType::f16);
  write_tensors_file(folder / "all.safetensors", original_tensors(components, all_of_it));
  const Error refused = error_of([&] { all_models().open_component(folder / "all.safetensors"); });
  EXPECT_EQ(refused.category(), ErrorCategory::unsupported);
  EXPECT_NE(refused.why().find("3 networks"), std::string::npos) << refused.what();
  write_tensors_file(folder / "vae.safetensors", components[1].originals);
  EXPECT_EQ(all_models().open_component(folder / "vae.safetensors").architecture(), "AutoencoderKL");
}

TEST(GgufPipeline, KeepsWhatIsInBlocksInBlocks) {
  const TemporaryFolder folder;
  Context ctx(cpu_device, 2);
  const auto components = layout_components("flux");
  std::map<DType, int64_t> bytes;
  for (const DType type : {DType::f32, DType::q8_0}) {
    write_gguf(folder / "model.gguf", "flux", components.front(), type);
    const int64_t before = ctx.arena()->use().bytes[static_cast<size_t>(Owner::weights)];
    const auto model = all_models().load_denoiser(ctx, *all_models().open_checkpoint(folder / "model.gguf").denoiser);
    bytes[type] = ctx.arena()->use().bytes[static_cast<size_t>(Owner::weights)] - before;
  }
  EXPECT_LT(static_cast<double>(bytes[DType::q8_0]), 0.3 * static_cast<double>(bytes[DType::f32]));
}

// 8-bit floats of T5 and denoisers, as they are commonly shared.
TEST(SingleFileParts, SmallFloatsAreTheirValues) {
  const TemporaryFolder folder;
  Context ctx(cpu_device, 2);
  auto components = layout_components("flux");
  auto rounded = components;
  for (const bool small : {true, false}) {
    for (LayoutComponent& component : small ? components : rounded) {
      for (StoredTensor& tensor : component.originals) {
        if (tensor.dims.rank() != 2) continue;
        const auto* values = reinterpret_cast<const float*>(tensor.data.data());
        std::vector<std::byte> bytes(static_cast<size_t>(tensor.dims.elements()));
        for (size_t i = 0; i < bytes.size(); ++i)
          bytes[i] = static_cast<std::byte>(i * 37 % 119 + (values[i] < 0 ? 128 : 0));
        if (small) {
          tensor = {tensor.name, DType::f8_e4m3, tensor.dims, std::move(bytes)};
          continue;
        }
        std::vector<float> wide(bytes.size());
        dequantize_row(DType::f8_e4m3, bytes.data(), wide.data(), tensor.dims.elements());
        std::vector<std::byte> halves(2 * bytes.size());
        for (size_t i = 0; i < wide.size(); ++i) reinterpret_cast<uint16_t*>(halves.data())[i] = f32_to_f16(wide[i]);
        tensor = {tensor.name, DType::f16, tensor.dims, std::move(halves)};
      }
    }
  }
  const auto name_of = [&](bool small) { return folder / (small ? "small.safetensors" : "half.safetensors"); };
  for (const bool small : {true, false}) {
    write_tensors_file(name_of(small), original_tensors(small ? components : rounded, all_of_it));
  }
  const auto values = [&](bool small) {
    const auto source = *all_models().open_checkpoint(name_of(small)).denoiser;
    const auto model = all_models().load_denoiser(ctx, source);
    DenoiserInput input;
    input.sample = tensor_of(ctx, {1, 16, 4, 4}, random_values(256, 1, 0.1f));
    input.text = tensor_of(ctx, {1, 3, 32}, random_values(96, 2, 0.1f));
    input.pooled = tensor_of(ctx, {1, 64}, random_values(64, 3, 0.1f));
    input.timesteps = {0.5f};
    input.guidance = {3.5f};
    return values_of(model->forward(ctx, input));
  };
  const auto small = values(true), half = values(false);
  for (size_t i = 0; i < small.size(); ++i) EXPECT_TRUE(small[i] == half[i] || std::isnan(half[i])) << i;
}

TEST(SingleFileParts, SayWhatIsMissing) {
  const TemporaryFolder folder;
  const auto components = layout_components("sd1", DType::f16);
  const auto only = [](const char* name) {
    return [name](const LayoutComponent& component) { return component.folder == name; };
  };
  write_tensors_file(folder / "unet.safetensors", original_tensors(components, only("unet")));
  write_tensors_file(folder / "vae.safetensors", original_tensors(components, only("vae")));
  const auto opened = [&](const ModelRef& ref) { return error_of([&] { open_parts(all_models(), ref); }); };
  ModelRef ref = ref_of(folder / "unet.safetensors");
  EXPECT_NE(std::string(opened(ref).what()).find("--vae FILE"), std::string::npos);
  ref.vae = folder / "vae.safetensors";
  EXPECT_NE(std::string(opened(ref).what()).find("CLIP text encoder; add one with --text-encoder"), std::string::npos);
  ref.text_encoders = {folder / "vae.safetensors"};
  EXPECT_NE(std::string(opened(ref).what()).find("it holds none"), std::string::npos);
  const Error no_denoiser = opened(ref_of(folder / "vae.safetensors"));
  EXPECT_EQ(no_denoiser.category(), ErrorCategory::unsupported);
  EXPECT_NE(std::string(no_denoiser.what()).find("--vae"), std::string::npos);
}

TEST(SingleFileParts, ReadWhatTheDenoiserPredicts) {
  const TemporaryFolder folder;
  const auto components = layout_components("sdxl_refiner", DType::f16);
  std::vector<StoredTensor> tensors = original_tensors(components, all_of_it);
  const auto prediction_of = [&](const ModelRef& ref) { return open_parts(all_models(), ref).scheduler.prediction; };
  write_tensors_file(folder / "said.safetensors", tensors, {{"modelspec.prediction_type", "v"}});
  EXPECT_EQ(prediction_of(ref_of(folder / "said.safetensors")), Prediction::v);
  write_tensors_file(folder / "plain.safetensors", tensors);
  ModelRef ref = ref_of(folder / "plain.safetensors");
  EXPECT_EQ(prediction_of(ref), Prediction::epsilon);
  ref.prediction = "v_prediction";
  EXPECT_EQ(prediction_of(ref), Prediction::v);
  for (const char* mark : {"v_pred", "ztsnr"}) tensors.push_back({mark, DType::f32, {1}, std::vector<std::byte>(4)});
  write_tensors_file(folder / "marked.safetensors", tensors);
  const SchedulerConfig marked = open_parts(all_models(), ref_of(folder / "marked.safetensors")).scheduler;
  EXPECT_EQ(marked.prediction, Prediction::v);
  EXPECT_TRUE(marked.rescale_betas_zero_snr);
}

TEST(SingleFileParts, PicklesAreRefused) {
  const TemporaryFolder folder;
  write_bytes(folder / "model.ckpt", std::string("PK\3\4 and so on"));
  const auto open = [&] { open_parts(all_models(), ref_of(folder / "model.ckpt")); };
  const Error refused = error_of(open);
  EXPECT_EQ(refused.category(), ErrorCategory::unsupported);
  EXPECT_NE(refused.to_do().find("safetensors"), std::string::npos);
}

}  // namespace
}  // namespace diptych::testing
