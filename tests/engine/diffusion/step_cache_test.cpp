// Runs that leave work out: what it costs in likeness, what it saves, and nothing where nothing is allowed.
#include "engine/model/step_cache.h"

#include "tests/engine/diffusion/image_testing.h"
#include "tests/engine/io/io_testing.h"

namespace diptych::diffusion {
namespace {

using testing::case_pipeline;
using testing::difference;
using testing::error_of;
using testing::fox_request;

TEST(StepCaches, AreNamedByTheirText) {
  EXPECT_EQ(step_cache_text(parse_step_cache("first-block")), "first-block:0.1");
  EXPECT_EQ(step_cache_text(parse_step_cache("teacache:0.25")), "teacache:0.25");
  EXPECT_EQ(step_cache_text(parse_step_cache("deepcache:5")), "deepcache:5");
  for (const char* wrong : {"", "fbcache", "first-block:", "teacache:x", "deepcache:0", "deepcache:2.5"}) {
    EXPECT_EQ(error_of([&] { parse_step_cache(wrong); }).category(), ErrorCategory::invalid_argument) << wrong;
  }
}

struct CacheCase {
  const char* pipeline;
  const char* nothing;    // by which nothing is left out
  const char* something;  // … and much
  bool sequential = false;
};

class StepCacheRun : public ::testing::TestWithParam<CacheCase> {};

TEST_P(StepCacheRun, LeavesWorkOutAsFarAsItIsAllowed) {
  Context ctx(cpu_device, 2);
  const ImageModel model = case_pipeline(ctx, GetParam().pipeline);
  ImageRequest request = fox_request();
  request.steps = 6;
  request.text_tokens = 24;
  request.sequential_guidance = GetParam().sequential;
  if (model.family == ImageFamily::dit) request.classes = {3};
  const ImageResult exact = testing::make(ctx, model, request);
  EXPECT_EQ(exact.reused_evaluations, 0);
  request.cache = parse_step_cache(GetParam().nothing);
  const ImageResult same = testing::make(ctx, model, request);
  EXPECT_EQ(same.reused_evaluations, 0);
  EXPECT_EQ(difference(same.images, exact.images), 0);
  request.cache = parse_step_cache(GetParam().something);
  const ImageResult fast = testing::make(ctx, model, request);
  EXPECT_GT(fast.reused_evaluations, 1);
  EXPECT_LT(fast.reused_evaluations, fast.evaluations);
  EXPECT_LT(fast.denoising.cost.flops, exact.denoising.cost.flops);
  EXPECT_GT(difference(fast.latents, exact.latents), 0);
  for (const float value : fast.images.span<float>()) ASSERT_TRUE(std::isfinite(value));
}

// One after the other, each condition has a cache of its own, also where guidance does not last the whole run. Here the
// negative prompt is the prompt, and comes in the last of two steps, which is to be computed for it, and for the prompt
// to take what the first one left: then their mixture lies beyond the run that leaves out, away from the exact one.
TEST(StepCaches, BelongToOneCondition) {
  Context ctx(cpu_device, 2);
  const ImageModel model = case_pipeline(ctx, "pipeline_sd15");
  ImageRequest request = fox_request();
  request.sampler = Sampler::euler;
  request.steps = 2;
  request.sequential_guidance = true;
  request.negative = request.prompt;
  request.guidance_scale = 1;
  const Tensor exact = testing::make(ctx, model, request).latents;
  request.cache = parse_step_cache("deepcache:10");
  const Tensor reused = testing::make(ctx, model, request).latents;
  ASSERT_GT(difference(reused, exact), 1e-4f);
  request.guidance_scale = 2;
  request.guidance.begin = 0.5;
  const Tensor mixed = testing::make(ctx, model, request).latents;
  Tensor expected = ctx.output(mixed.shape());  // exact + 2 * (reused - exact)
  for (int64_t i = 0; i < mixed.elements(); ++i) {
    expected.data<float>()[i] = 2 * reused.data<float>()[i] - exact.data<float>()[i];
  }
  EXPECT_LT(difference(mixed, expected), 0.01f * difference(reused, exact));
}

INSTANTIATE_TEST_SUITE_P(Families, StepCacheRun,
                         ::testing::Values(CacheCase{"pipeline_sd15", "deepcache:1", "deepcache:3"},
                                           CacheCase{"pipeline_sdxl", "deepcache:1", "deepcache:2", true},
                                           CacheCase{"pipeline_sd3", "first-block:0", "first-block:10"},
                                           CacheCase{"pipeline_flux", "teacache:0", "teacache:10"},
                                           CacheCase{"pipeline_flux", "first-block:0", "first-block:10"},
                                           CacheCase{"pipeline_pixart_sigma", "first-block:0", "first-block:10", true},
                                           CacheCase{"pipeline_dit", "teacache:0", "teacache:10"}));

TEST(StepCaches, OfOtherNetworksAreRefused) {
  Context ctx(cpu_device, 2);
  const ImageModel unet = case_pipeline(ctx, "pipeline_sd15");
  ImageRequest request = fox_request();
  request.cache = parse_step_cache("teacache");
  const Error error = error_of([&] { testing::make(ctx, unet, request); });
  EXPECT_EQ(error.category(), ErrorCategory::unsupported);
  EXPECT_EQ(error.to_do(), "use deepcache");
}

TEST(StepCaches, NeedThePredictedMemory) {
  for (const auto& [pipeline, cache] : {std::pair{"pipeline_sd15", "deepcache:3"}, {"pipeline_sd3", "first-block:0"}}) {
    int64_t peaks[2] = {0, 0};
    for (const Device device : {cpu_device, meta_device}) {
      Context ctx(device, 1);
      ImageRequest request = fox_request();
      request.text_tokens = 24;
      request.cache = parse_step_cache(cache);
      peaks[device == meta_device] = testing::make(ctx, case_pipeline(ctx, pipeline), request).peak_bytes();
    }
    EXPECT_EQ(peaks[0], peaks[1]) << pipeline;
  }
}

}  // namespace
}  // namespace diptych::diffusion
