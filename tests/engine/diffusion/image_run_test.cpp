// Pipelines of the reference cases: what must not change an image, memory on meta, and what is refused.
#include "engine/diffusion/image_run.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <set>
#include <string>

#include "engine/diffusion/latents.h"
#include "engine/diffusion/noise/image_noise.h"
#include "engine/diffusion/schedules/flow_shift.h"
#include "models/registry.h"
#include "tests/engine/io/io_testing.h"

namespace diptych::diffusion {
namespace {

using diptych::testing::error_of;

ImageModel load_case(Context& ctx, const std::string& name) {
  ModelRegistry registry;
  models::register_all(registry);
  const auto folder = std::filesystem::path(DIPTYCH_SOURCE_DIR) / "tests/golden/cases" / name / "model";
  return load_image_model(ctx, registry, open_pipeline_folder(folder));
}

ImageRequest small_request() {
  ImageRequest request;
  request.prompt = "a fox in the rain";
  request.negative = "blurry";
  request.steps = 3;
  request.width = 32;
  request.height = 16;
  return request;
}

int64_t latents_of(const ImageModel& model, const ImageRequest& request) {
  const int64_t scale = model.autoencoder->info().scale;
  return model.latent_channels() * (request.height / scale) * (request.width / scale);
}

ImageResult run(Context& ctx, const ImageModel& model, const ImageRequest& request, uint64_t seed = 7) {
  ImageNoise noise(NoiseKind::torch_cpu, seed, request.images, latents_of(model, request));
  return make_images(ctx, model, request, noise);
}

float largest_difference(const Tensor& a, const Tensor& b) {
  EXPECT_EQ(a.shape(), b.shape());
  float largest = 0;
  for (int64_t i = 0; i < a.elements(); ++i) {
    largest = std::max(largest, std::abs(a.data<float>()[i] - b.data<float>()[i]));
  }
  return largest;
}

class Images : public ::testing::Test {
 protected:
  Context ctx{cpu_device, 2};
  ImageModel model = load_case(ctx, "pipeline_sd15");
};

TEST_F(Images, DependNotOnTheirNeighbours) {
  ImageRequest request = small_request();
  request.images = 2;
  request.sampler = Sampler::euler_ancestral;  // draws noise in every step
  const ImageResult both = run(ctx, model, request);
  request.images = 1;
  for (int64_t i = 0; i < 2; ++i) {
    const ImageResult alone = run(ctx, model, request, 7 + static_cast<uint64_t>(i));
    EXPECT_EQ(largest_difference(both.images.slice(0, i, i + 1), alone.images), 0) << i;
  }
}

ImageRequest request_with_mask(Context& ctx, double strength) {
  ImageRequest request = small_request();
  request.strength = strength;
  request.init_image = ctx.output({1, 3, 16, 32});
  request.mask = ctx.output({1, 1, 16, 32});
  for (int64_t i = 0; i < request.init_image.elements(); ++i) {
    request.init_image.data<float>()[i] = 0.5f + 0.4f * std::sin(static_cast<float>(i));
  }
  std::ranges::fill(request.mask.span<float>(), 0.0f);
  std::ranges::fill(request.mask.span<float>().first(8 * 32), 1.0f);  // the upper half
  return request;
}

// Also those that start from a picture: each draws its own latents of it.
TEST(StartedImages, DependNotOnTheirNeighbours) {
  for (const auto& [name, masked] : {std::pair("pipeline_sd15", false), std::pair("pipeline_sd15", true),
                                     std::pair("pipeline_sd15_inpaint9", true)}) {
    Context ctx(cpu_device, 2);
    const ImageModel model = load_case(ctx, name);
    ImageRequest request = request_with_mask(ctx, 0.7);
    if (!masked) request.mask = {};
    request.images = 2;
    const ImageResult both = run(ctx, model, request);
    request.images = 1;
    for (int64_t i = 0; i < 2; ++i) {
      const ImageResult alone = run(ctx, model, request, 7 + static_cast<uint64_t>(i));
      EXPECT_EQ(largest_difference(both.images.slice(0, i, i + 1), alone.images), 0)
          << name << " " << masked << " " << i;
    }
  }
}

// Denoisers that see the mask keep the rest themselves: it is not set back, whatever the strength.
TEST(StartedImages, OfInpaintingDenoisersAreNotSetBack) {
  Context ctx(cpu_device, 2);
  for (const auto& [name, set_back] : {std::pair("pipeline_sd15", true), std::pair("pipeline_sd15_inpaint9", false)}) {
    const ImageModel model = load_case(ctx, name);
    const ImageRequest request = request_with_mask(ctx, 0.7);
    const Tensor made = run(ctx, model, request).latents;
    ImageNoise noise(NoiseKind::torch_cpu, 7, 1, latents_of(model, request));
    const Tensor original = encode_image(ctx, *model.autoencoder, request.init_image, noise);
    float largest = 0;
    const int64_t row = made.dim(3), rows = made.dim(2), channels = made.dim(1);
    for (int64_t c = 0; c < channels; ++c) {
      for (int64_t i = (c * rows + rows / 2) * row; i < (c + 1) * rows * row; ++i) {
        largest = std::max(largest, std::abs(made.data<float>()[i] - original.data<float>()[i]));
      }
    }
    EXPECT_EQ(largest == 0, set_back) << name << " " << largest;
  }
}

// Of flows diffusers' pipelines do what is no whole step, of others they leave it out.
TEST(StartedImages, MakeAsManyStepsAsTheirFamily) {
  for (const auto& [name, steps] :
       {std::pair("pipeline_sd15", 1), std::pair("pipeline_sd3", 2), std::pair("pipeline_flux", 2)}) {
    Context ctx(cpu_device, 2);
    const ImageModel model = load_case(ctx, name);
    ImageRequest request = request_with_mask(ctx, 0.5);
    request.mask = {};
    if (model.family == ImageFamily::stable_diffusion) request.sampler = Sampler::euler;  // its own asks once more
    EXPECT_EQ(run(ctx, model, request).evaluations, steps) << name;
    request.strength = 0.01;
    EXPECT_EQ(run(ctx, model, request).evaluations, 1) << name;
    request.strength = 0;
    EXPECT_EQ(run(ctx, model, request).evaluations, 0) << name;
  }
}

// Only the model's own scheduler reads the variances that its network predicts.
TEST(LearnedVariances, AreLeftOutForANamedSampler) {
  Context ctx(cpu_device, 2);
  ImageModel model = load_case(ctx, "pipeline_dit");
  model.scheduler.variance_type = "learned_range";
  ImageRequest request = small_request();
  request.classes = {3};
  request.width = request.height = 0;
  request.sampler = Sampler::euler;
  EXPECT_EQ(run(ctx, model, completed(model, request)).evaluations, 3);
}

TEST_F(Images, AreTheSameWhenGuidanceIsSequential) {
  ImageRequest request = small_request();
  const Tensor batched = run(ctx, model, request).images;
  request.sequential_guidance = true;
  EXPECT_EQ(largest_difference(batched, run(ctx, model, request).images), 0);
}

TEST_F(Images, OfPlainTextAreTheSameInSyntax) {
  ImageRequest request = small_request();
  const Tensor plain = run(ctx, model, request).images;
  request.prompt_syntax = true;
  EXPECT_EQ(largest_difference(plain, run(ctx, model, request).images), 0);
  request.prompt = "a (fox:1.4) in the rain";
  EXPECT_GT(largest_difference(plain, run(ctx, model, request).images), 1e-4f);
}

TEST_F(Images, FollowSchedulesWrittenInThePrompt) {
  ImageRequest request = small_request();
  request.steps = 4;
  request.sampler = Sampler::euler;
  request.keep_steps = true;
  request.prompt_syntax = true;
  request.prompt = "a [fox:car:2] in the rain";
  const ImageResult scheduled = run(ctx, model, request);
  request.prompt = "a fox in the rain";
  const ImageResult fox = run(ctx, model, request);
  EXPECT_EQ(largest_difference(scheduled.latents_per_step[1], fox.latents_per_step[1]), 0);
  EXPECT_GT(largest_difference(scheduled.latents_per_step[2], fox.latents_per_step[2]), 0);
}

TEST_F(Images, OfSeveralConditionsMixThem) {
  ImageRequest request = small_request();
  request.prompt_syntax = true;
  const Tensor one = run(ctx, model, request).images;
  request.prompt = "a fox in the rain :0.25 AND a fox in the rain :0.75";
  EXPECT_LT(largest_difference(one, run(ctx, model, request).images), 1e-3f);
}

TEST_F(Images, ReadPromptsOfAnyLength) {
  ImageRequest request = small_request();
  request.prompt_syntax = true;
  for (int i = 0; i < 60; ++i) request.prompt += ", a fox in the rain";
  const Tensor image = run(ctx, model, request).images;
  for (const float value : image.span<float>()) ASSERT_TRUE(std::isfinite(value));
}

TEST_F(Images, CanBeCancelledWithinAStep) {
  ImageRequest request = small_request();
  request.steps = 50;
  ImageNoise noise(NoiseKind::philox, 1, 1, latents_of(model, request));
  int seen = 0;
  const auto error = error_of([&] {
    make_images(ctx, model, request, noise, [&](const ImageStep& step) {
      seen = step.step;
      if (step.step == 2) ctx.cancel.cancel();
    });
  });
  EXPECT_EQ(error.category(), ErrorCategory::cancelled);
  EXPECT_EQ(seen, 2);
}

TEST_F(Images, OutsideOfTheMaskStayAsTheyWere) {
  ImageRequest request = small_request();
  request.strength = 1;
  request.init_image = ctx.output({1, 3, 16, 32});
  request.mask = ctx.output({1, 1, 16, 32});
  for (int64_t i = 0; i < request.init_image.elements(); ++i) {
    request.init_image.data<float>()[i] = 0.5f + 0.4f * std::sin(static_cast<float>(i));
  }
  std::ranges::fill(request.mask.span<float>(), 0.0f);
  const ImageResult kept = run(ctx, model, request);
  ImageNoise noise(NoiseKind::torch_cpu, 7, 1, latents_of(model, request));
  EXPECT_EQ(largest_difference(kept.latents, encode_image(ctx, *model.autoencoder, request.init_image, noise)), 0);
}

TEST_F(Images, OfSizesThatTheModelCannotMakeAreRefused) {
  ImageRequest request = small_request();
  request.width = 33;
  const Error width = error_of([&] { completed(model, request); });
  EXPECT_EQ(width.category(), ErrorCategory::invalid_argument);
  EXPECT_NE(std::string(width.what()).find("take 34"), std::string::npos) << width.what();
  request = small_request();
  request.mask = ctx.output({1, 1, 16, 32});
  EXPECT_EQ(error_of([&] { completed(model, request); }).category(), ErrorCategory::invalid_argument);
  request = small_request();
  request.init_image = ctx.output({1, 3, 16, 16});
  EXPECT_EQ(error_of([&] { completed(model, request); }).category(), ErrorCategory::invalid_argument);
  request = small_request();
  request.clip_skip = 9;
  EXPECT_EQ(error_of([&] { run(ctx, model, request); }).category(), ErrorCategory::invalid_argument);
}

// The shift of a flow is a choice: the same run as with a configuration that has it.
TEST(FlowShift, StandsInPlaceOfTheModelsOwn) {
  for (const char* name : {"pipeline_sd3", "pipeline_flux"}) {
    Context ctx(cpu_device, 2);
    ImageModel model = load_case(ctx, name);
    for (const std::optional<Sampler> sampler : {std::optional<Sampler>(), std::optional(Sampler::dpmpp_2m)}) {
      ImageRequest request = small_request();
      request.negative.reset();
      request.width = request.height = 32;
      request.sampler = sampler;
      const Tensor own = run(ctx, model, request).latents;
      request.flow_shift = own_flow_shift(model, 32, 32);
      ASSERT_TRUE(request.flow_shift) << name;
      EXPECT_LE(largest_difference(run(ctx, model, request).latents, own), 1e-5f) << name;
      request.flow_shift = 6.5;
      const Tensor chosen = run(ctx, model, request).latents;
      EXPECT_GT(largest_difference(chosen, own), 1e-2f) << name;
      const SchedulerConfig before = model.scheduler;
      model.scheduler.shift = 6.5;
      model.scheduler.dynamic_shift = false;
      request.flow_shift.reset();
      EXPECT_EQ(largest_difference(run(ctx, model, request).latents, chosen), 0) << name;
      model.scheduler = before;
    }
  }
}

// FLUX's pipeline gives noise levels of its own to none of the schedulers that have theirs.
TEST(NoiseLevels, AreTheSchedulersOwnWhereItHasSome) {
  Context ctx(cpu_device, 2);
  ImageModel model = load_case(ctx, "pipeline_flux");
  model.scheduler = parse_scheduler_config(R"({"_class_name": "DPMSolverMultistepScheduler", "use_flow_sigmas": true,
      "prediction_type": "flow_prediction", "flow_shift": 3.0})",
                                           "test");
  ImageRequest request = small_request();
  request.width = request.height = 32;
  EXPECT_EQ(run(ctx, model, request).evaluations, 3);
}

TEST(FlowShift, OfNoFlowIsRefused) {
  Context ctx(cpu_device, 2);
  const ImageModel model = load_case(ctx, "pipeline_sd15");
  EXPECT_FALSE(own_flow_shift(model, 32, 32));
  ImageRequest request = small_request();
  request.flow_shift = 3;
  EXPECT_THROW(completed(model, request), Error);
  const ImageModel flow = load_case(ctx, "pipeline_sd3");
  request.flow_shift = 0;
  EXPECT_THROW(completed(flow, request), Error);
}

TEST(ImageFamilies, HaveTraitsOfTheirOwn) {
  std::set<std::string> names;
  constexpr int last = static_cast<int>(ImageFamily::dit);
  for (int i = 0; i <= last; ++i) {
    const FamilyTraits& traits = traits_of(static_cast<ImageFamily>(i));
    EXPECT_EQ(static_cast<int>(traits.family), i);
    EXPECT_TRUE(names.insert(traits.name).second) << traits.name;
    EXPECT_GT(traits.usual.steps, 0) << traits.name;
  }
}

// Every family: what meta predicts is what the run takes.
class ImageMemory : public ::testing::TestWithParam<const char*> {};

TEST_P(ImageMemory, IsWhatMetaPredicts) {
  int64_t peaks[2] = {0, 0};
  for (const Device device : {cpu_device, meta_device}) {
    Context ctx(device, 1);
    const ImageModel model = load_case(ctx, GetParam());
    ImageRequest request = small_request();
    request.images = 2;
    if (model.family == ImageFamily::dit) request.classes = {3, 5};
    if (model.family != ImageFamily::dit && model.family != ImageFamily::flux) request.text_tokens = 24;
    peaks[device == meta_device] = run(ctx, model, request).peak_bytes();
  }
  EXPECT_GT(peaks[0], 0);
  EXPECT_NEAR(static_cast<double>(peaks[1]) / static_cast<double>(peaks[0]), 1, 0.02) << peaks[0] << " " << peaks[1];
}

INSTANTIATE_TEST_SUITE_P(Families, ImageMemory,
                         ::testing::Values("pipeline_sd15", "pipeline_sdxl", "pipeline_sd3", "pipeline_flux",
                                           "pipeline_pixart_sigma", "pipeline_sana", "pipeline_z_image",
                                           "pipeline_qwen_image", "pipeline_dit", "pipeline_causal_text"));

}  // namespace
}  // namespace diptych::diffusion
