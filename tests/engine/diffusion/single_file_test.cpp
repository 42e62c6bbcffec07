// Checkpoints of one file: the image is the one that diffusers' folder gives, bit for bit.
#include "tests/engine/diffusion/single_file.h"

#include <gtest/gtest.h>

#include <cmath>

#include "engine/diffusion/image_noise.h"
#include "engine/diffusion/image_run.h"
#include "engine/io/gguf_writer.h"
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
  ImageNoise noise(NoiseKind::philox, 3, 1, model.latent_channels() * 64);
  return make_images(ctx, model, request, noise).images;
}

void expect_same_image(Context& ctx, const ImageModelParts& a, const ImageModelParts& b) {
  const Tensor one = image_of(ctx, a), two = image_of(ctx, b);
  ASSERT_EQ(one.shape(), two.shape());
  EXPECT_TRUE(std::ranges::equal(one.span<float>(), two.span<float>()));
  EXPECT_FALSE(std::ranges::all_of(one.span<float>(), [&](float value) { return value == one.data<float>()[0]; }));
}

ModelRef ref_of(const std::filesystem::path& path) {
  return {.path = path, .vae = {}, .text_encoders = {}, .prediction = {}};
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
    quantize_row_reference(matrices, reinterpret_cast<const float*>(tensor.data.data()), blocks.data(), values);
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
