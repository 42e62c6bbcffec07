// Control models, image prompts and perturbed attention in runs of the reference cases: what must not change an image,
// memory on meta, and what is refused.
#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <functional>

#include "engine/diffusion/image_run.h"
#include "engine/diffusion/noise/image_noise.h"
#include "models/registry.h"
#include "tests/engine/io/io_testing.h"

namespace diptych::diffusion {
namespace {

using diptych::testing::error_of;

const std::filesystem::path golden_cases = std::filesystem::path(DIPTYCH_SOURCE_DIR) / "tests/golden/cases";

Tensor wave(Context& ctx, const Shape& shape) {
  Tensor x = ctx.output(shape);
  for (int64_t i = 0; !x.is_meta() && i < x.elements(); ++i) {
    x.data<float>()[i] = 0.5f + 0.5f * std::sin(0.37f * static_cast<float>(i));
  }
  return x;
}

struct Steered {
  explicit Steered(Device device, const char* pipeline = "pipeline_sd15") : ctx(device, 2) {
    models::register_all(registry);
    model = load_image_model(ctx, registry, open_pipeline_folder(golden_cases / pipeline / "model"));
    request.prompt = "a fox in the rain";
    request.negative = "blurry";
    request.steps = 3;
    request.width = 32;
    request.height = 16;
  }

  ControlRequest control(const char* name = "controlnet_sd15") {
    return {.model = registry.load_control_model(ctx, open_model(golden_cases / name / "model")),
            .image = wave(ctx, {1, 3, request.height, request.width})};
  }
  ImagePromptRequest image_prompt(const char* name = "ip_adapter_plus_f16", int64_t pictures = 1) {
    return {.adapter = registry.load_image_prompt_model(ctx, golden_cases / name / "ip-adapter.safetensors"),
            .encoder = registry.load_image_encoder(ctx, open_model(golden_cases / "image_encoder_clip/model")),
            .pixels = wave(ctx, {pictures, 3, 16, 16})};
  }
  void steer_by_everything() {
    request.controls = {control(), control("t2i_adapter_full"), control()};
    request.controls[2].guess = true;
    request.image_prompts = {image_prompt(), image_prompt("ip_adapter_sd15", 2)};
    request.perturbed.scale = 2;
  }
  ImageResult run(uint64_t seed = 7) {
    const int64_t scale = model.autoencoder->info().scale;
    ImageNoise noise(NoiseKind::philox, seed, request.images,
                     model.latent_channels() * (request.height / scale) * (request.width / scale));
    return make_images(ctx, model, request, noise);
  }

  Context ctx;
  ModelRegistry registry;
  ImageModel model;
  ImageRequest request;
};

float image_difference(const Tensor& a, const Tensor& b) {
  EXPECT_EQ(a.shape(), b.shape());
  float largest = 0;
  for (int64_t i = 0; i < a.elements(); ++i) {
    largest = std::max(largest, std::abs(a.data<float>()[i] - b.data<float>()[i]));
  }
  return largest;
}

TEST(SteeredImages, DependNeitherOnNeighboursNorOnHowTheyAreGuided) {
  Steered s(cpu_device);
  s.steer_by_everything();
  s.request.images = 2;
  const Tensor both = s.run().images;
  s.request.sequential_guidance = true;
  EXPECT_EQ(image_difference(both, s.run().images), 0);
  s.request.images = 1;
  EXPECT_EQ(image_difference(both.slice(0, 1, 2), s.run(8).images), 0);
}

TEST(SteeredImages, TakeAsMuchMemoryAsMetaPredicts) {
  int64_t peaks[2] = {0, 0};
  for (const Device device : {cpu_device, meta_device}) {
    Steered s(device);
    s.steer_by_everything();
    s.request.images = 2;
    peaks[device == meta_device] = s.run().peak_bytes();
  }
  EXPECT_GT(peaks[0], 0);
  EXPECT_NEAR(static_cast<double>(peaks[1]) / static_cast<double>(peaks[0]), 1, 0.02) << peaks[0] << " " << peaks[1];
}

TEST(SteeredImages, AreTheSameAsOthersWhereNothingIsAdded) {
  Steered s(cpu_device);
  const Tensor plain = s.run().images;
  s.request.controls = {s.control(), s.control("t2i_adapter_full")};
  s.request.image_prompts = {s.image_prompt()};
  const Tensor steered = s.run().images;
  EXPECT_GT(image_difference(plain, steered), 1e-3f);
  s.request.controls[0].end = 0.2;  // before the first step ends
  s.request.controls[1].scale = 0;
  s.request.image_prompts[0].scale = 0;
  EXPECT_EQ(image_difference(plain, s.run().images), 0);
}

TEST(SteeredImages, AreControlledForTheirPartOfTheRun) {
  Steered s(cpu_device);
  s.request.steps = 4;
  s.request.sampler = Sampler::euler;
  s.request.keep_steps = true;
  const ImageResult plain = s.run();
  s.request.controls = {s.control()};
  s.request.controls[0].begin = 0.5;
  const ImageResult late = s.run();
  EXPECT_EQ(image_difference(plain.latents_per_step[1], late.latents_per_step[1]), 0);
  EXPECT_GT(image_difference(plain.latents_per_step[2], late.latents_per_step[2]), 0);
}

TEST(SteeredImages, StartFromPicturesAndMasks) {
  Steered s(cpu_device);
  s.steer_by_everything();
  s.request.init_image = wave(s.ctx, {1, 3, 16, 32});
  s.request.mask = s.ctx.output({1, 1, 16, 32});
  std::ranges::fill(s.request.mask.span<float>(), 1.0f);
  s.request.steps = 4;
  s.request.strength = 0.5;
  for (const float value : s.run().images.span<float>()) ASSERT_TRUE(std::isfinite(value));
}

class PerturbedImages : public ::testing::TestWithParam<const char*> {};

TEST_P(PerturbedImages, AreTheSameHoweverTheyAreGuidedAndTakeThePredictedMemory) {
  int64_t peaks[2] = {0, 0};
  for (const Device device : {cpu_device, meta_device}) {
    Steered s(device, GetParam());
    s.request.images = 2;
    s.request.text_tokens = 24;
    s.request.perturbed.scale = 2;
    const ImageResult together = s.run();
    peaks[device == meta_device] = together.peak_bytes();
    if (device == meta_device) continue;
    s.request.sequential_guidance = true;
    EXPECT_EQ(image_difference(together.images, s.run().images), 0);
    s.request.perturbed.scale = 0;
    EXPECT_GT(image_difference(together.latents, s.run().latents), 1e-3f);
  }
  EXPECT_NEAR(static_cast<double>(peaks[1]) / static_cast<double>(peaks[0]), 1, 0.02) << peaks[0] << " " << peaks[1];
}

INSTANTIATE_TEST_SUITE_P(Families, PerturbedImages,
                         ::testing::Values("pipeline_sd15", "pipeline_sdxl", "pipeline_sd3", "pipeline_pixart_sigma"));

void expect_both_named(const Error& error, const std::vector<std::string>& words) {
  EXPECT_EQ(error.category(), ErrorCategory::invalid_argument);
  for (const std::string& word : words) {
    EXPECT_NE(std::string(error.what()).find(word), std::string::npos) << error.what();
  }
}

TEST(ControlModels, OfAnotherFamilyAreRefused) {
  Steered s(cpu_device);
  s.request.controls = {s.control("controlnet_sdxl_f16")};
  expect_both_named(error_of([&] { s.run(); }), {"ControlNetModel", "UNet2DConditionModel", "StableDiffusionPipeline"});
  s.request.controls = {s.control("t2i_adapter_light_odd")};
  expect_both_named(error_of([&] { s.run(); }), {"T2IAdapter", "StableDiffusionPipeline", "4, 8, 13, 13"});
  Steered flux(cpu_device, "pipeline_flux");
  flux.request.controls = {flux.control()};
  expect_both_named(error_of([&] { flux.run(); }), {"ControlNetModel", "FluxTransformer2DModel"});
  flux.request.controls = {};
  flux.request.image_prompts = {flux.image_prompt()};
  expect_both_named(error_of([&] { flux.run(); }), {"IP-Adapter", "FluxTransformer2DModel"});
  flux.request.image_prompts = {};
  flux.request.perturbed.scale = 1;
  expect_both_named(error_of([&] { flux.run(); }), {"FluxTransformer2DModel"});
  Steered xl(cpu_device, "pipeline_sdxl");
  xl.request.image_prompts = {xl.image_prompt()};
  expect_both_named(error_of([&] { xl.run(); }), {"IP-Adapter", "StableDiffusionXLPipeline", "24", "32"});
}

TEST(ControlModels, WithSettingsThatMakeNoSenseAreRefused) {
  Steered s(cpu_device);
  const auto refused = [&](const std::function<void(ControlRequest&)>& change) {
    s.request.controls = {s.control()};
    change(s.request.controls[0]);
    return error_of([&] { s.run(); });
  };
  expect_both_named(refused([&](auto& c) { c.image = wave(s.ctx, {1, 3, 16, 16}); }), {"[1, 3, 16, 32]"});
  expect_both_named(refused([](auto& c) { c.image = {}; }), {"picture"});
  expect_both_named(refused([](auto& c) { c.begin = 0.8, c.end = 0.2; }), {"0.8", "0.2"});
  expect_both_named(refused([](auto& c) { c.scale = NAN; }), {"scale"});
  s.request.controls = {s.control("t2i_adapter_full")};
  s.request.controls[0].guess = true;
  expect_both_named(error_of([&] { s.run(); }), {"guess"});
}

TEST(ImagePrompts, OfAnotherEncoderAreRefused) {
  Steered s(cpu_device);
  s.request.image_prompts = {s.image_prompt()};
  s.request.image_prompts[0].encoder =
      s.registry.load_image_encoder(s.ctx, open_model(golden_cases / "image_encoder_clip_odd_f16/model"));
  expect_both_named(error_of([&] { s.run(); }), {"IP-Adapter Plus", "24", "15"});
}

}  // namespace
}  // namespace diptych::diffusion
