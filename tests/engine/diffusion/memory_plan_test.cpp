// Runs that save memory: the same images, as much as was predicted, and a plan that fits or an error before loading.
#include "engine/diffusion/memory_plan.h"

#include "tests/engine/diffusion/image_testing.h"
#include "tests/engine/io/io_testing.h"

namespace diptych::diffusion {
namespace {

using testing::case_pipeline;
using testing::difference;
using testing::error_of;
using testing::fox_request;

constexpr MemorySavings everything{true, true, true, true, 0};

MemoryQuestion question_of(const std::string& name) {
  MemoryQuestion question{.model = name, .load = {}, .request = fox_request(), .threads = 2};
  question.load = [name](Context& ctx, const ImageStreaming& streaming) { return case_pipeline(ctx, name, streaming); };
  return question;
}

class SavedMemory : public ::testing::TestWithParam<const char*> {};

TEST_P(SavedMemory, ChangesNoImageAndIsWhatMetaPredicts) {
  const MemoryQuestion question = question_of(GetParam());
  Context plain_ctx(cpu_device, 2);
  const ImageModel in_memory = case_pipeline(plain_ctx, GetParam());
  const int64_t loading = plain_ctx.arena()->use().total_peak_bytes;
  const ImageResult plain = testing::make(plain_ctx, in_memory, question.request);
  EXPECT_EQ(predicted_memory(question, {}).loading_bytes, loading);
  EXPECT_EQ(predicted_memory(question, {}).peak_bytes(), std::max(loading, plain.peak_bytes()));

  const MemoryPlan plan = predicted_memory(question, everything);
  Context ctx(cpu_device, 2, plan.peak_bytes());  // with not a byte more
  const ImageModel model = question.load(ctx, streaming_of(plan.savings));
  ImageRequest request = question.request;
  apply(plan.savings, request);
  const ImageResult saved = testing::make(ctx, model, request);
  EXPECT_EQ(difference(saved.images, plain.images), 0);
  EXPECT_EQ(saved.peak_bytes(), plan.peak_bytes());
  EXPECT_LT(saved.peak_bytes(), plain.peak_bytes());
  EXPECT_LE(ctx.arena()->use().reserved_bytes, plan.peak_bytes());
}

INSTANTIATE_TEST_SUITE_P(Families, SavedMemory,
                         ::testing::Values("pipeline_sd15", "pipeline_sdxl", "pipeline_sd3", "pipeline_pixart_sigma"),
                         [](const auto& info) { return std::string(info.param); });

TEST(MemoryPlan, TakesTheLeastSlowThatFits) {
  MemoryQuestion question = question_of("pipeline_sdxl");
  question.request.width = question.request.height = 128;  // steps take more than loading
  const int64_t plenty = predicted_memory(question, {}).peak_bytes();
  EXPECT_FALSE(plan_memory(question, plenty).savings.any());
  const MemoryPlan next = plan_memory(question, plenty - 1);
  EXPECT_TRUE(next.savings.stream_ends);
  EXPECT_FALSE(next.savings.stream_denoiser);
  EXPECT_LT(next.peak_bytes(), plenty);
  const MemoryPlan asked = plan_memory(question, 2 * plenty, {.tiled_autoencoder = true});
  EXPECT_EQ(asked.savings, (MemorySavings{.tiled_autoencoder = true}));
}

TEST(MemoryPlan, KeepsAsMuchOfTheDenoiserAsFits) {
  const MemoryQuestion question = question_of("pipeline_sdxl");
  MemorySavings all_but_one = everything;
  all_but_one.stream_denoiser = false;
  const int64_t without = predicted_memory(question, all_but_one).peak_bytes();
  const int64_t least = predicted_memory(question, everything).peak_bytes();
  ASSERT_LT(least, without);
  const int64_t limit = (without + least) / 2;
  const MemoryPlan plan = plan_memory(question, limit);
  EXPECT_TRUE(plan.savings.stream_denoiser);
  EXPECT_GT(plan.savings.resident_bytes, 0);
  EXPECT_LE(plan.peak_bytes(), limit);
  EXPECT_GT(plan.peak_bytes(), least);
}

TEST(MemoryPlan, SaysHowMuchIsMissing) {
  MemoryQuestion question = question_of("pipeline_sd15");
  const Error error = error_of([&] { plan_memory(question, 1000); });
  EXPECT_EQ(error.category(), ErrorCategory::out_of_memory);
  EXPECT_NE(error.why().find("GB"), std::string::npos) << error.what();
  EXPECT_NE(error.to_do().find("smaller image"), std::string::npos) << error.what();
  question.request.images = 4;
  EXPECT_NE(error_of([&] { plan_memory(question, 1000); }).to_do().find("one image at a time"), std::string::npos);
}

}  // namespace
}  // namespace diptych::diffusion
