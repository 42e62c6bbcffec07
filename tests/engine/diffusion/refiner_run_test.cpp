// Runs that a second model takes over: diffusers' ensemble of experts, what it takes, what does not belong together.
#include <limits>

#include "engine/diffusion/condition/perturbed_attention.h"
#include "engine/diffusion/memory_plan.h"
#include "engine/diffusion/refiner.h"
#include "tests/engine/diffusion/image_testing.h"
#include "tests/engine/io/io_testing.h"

namespace diptych::diffusion {
namespace {

using testing::case_pipeline;
using testing::difference;
using testing::error_of;
using testing::fox_request;

std::shared_ptr<const ImageModel> case_refiner(Context& ctx, const std::string& name = "pipeline_sdxl_refiner",
                                               const ImageStreaming& streaming = {}) {
  const auto folder = std::filesystem::path(DIPTYCH_SOURCE_DIR) / "tests/golden/cases" / name / "model";
  return load_refiner(ctx, testing::image_registry(), open_parts(open_pipeline_folder(folder)), {}, streaming);
}

ImageRequest refined_request(std::shared_ptr<const ImageModel> refiner, double switch_at) {
  ImageRequest request = fox_request();
  request.steps = 10;
  request.guidance_scale = 5;
  request.refiner = RefinerStage{std::move(refiner), switch_at};
  return request;
}

// SDXL's base and refiner, both tiny.
struct TwoStages {
  Context ctx{cpu_device, 2};
  const ImageModel model = case_pipeline(ctx, "pipeline_sdxl");
  const std::shared_ptr<const ImageModel> refiner = case_refiner(ctx);

  ImageResult make(const ImageRequest& request) { return testing::make(ctx, model, request); }
};

// Every 47th value of the last latents, by refiner_reference.py.
struct EnsembleCase {
  double switch_at;
  std::vector<float> latents;
};

const std::vector<EnsembleCase>& ensemble_cases() {
  static const std::vector<EnsembleCase> cases{{0.3,
                                                {-4.679779f, 1.388559f, 3.767317f, -11.457068f, -18.860926f, -2.108021f,
                                                 11.612894f, 14.352358f, 5.174813f, 8.308949f, 10.557170f}},
                                               {0.6,
                                                {-5.259259f, 1.699401f, 3.532137f, -11.430715f, -18.481985f, -1.864210f,
                                                 11.151393f, 14.493803f, 4.746284f, 8.154529f, 11.713503f}},
                                               {0.8,
                                                {-5.514129f, 1.925398f, 3.403895f, -11.384508f, -18.389765f, -1.984368f,
                                                 10.812777f, 14.522397f, 4.569885f, 7.914352f, 12.029811f}}};
  return cases;
}

TEST(Refiner, TakesARunOverAsInDiffusers) {
  TwoStages stages;
  for (const EnsembleCase& one : ensemble_cases()) {
    const ImageResult made = stages.make(refined_request(stages.refiner, one.switch_at));
    EXPECT_EQ(made.evaluations, 10);
    for (size_t i = 0; i < one.latents.size(); ++i) {
      EXPECT_NEAR(made.latents.data<float>()[47 * i], one.latents[i], 1e-3) << one.switch_at << " " << i;
    }
  }
}

TEST(Refiner, BeginsAtWholeStepsAndMayMakeNoneOrAll) {
  TwoStages stages;
  ImageRequest plain = refined_request(stages.refiner, 1);
  const Tensor never = stages.make(plain).latents;
  plain.refiner.reset();
  EXPECT_EQ(difference(stages.make(plain).latents, never), 0);
  EXPECT_GT(difference(stages.make(refined_request(stages.refiner, 0)).latents, never), 1e-2f);
  ImageRequest twice = refined_request(stages.refiner, 0.6);  // a solver that evaluates twice
  twice.sampler = Sampler::heun;
  EXPECT_EQ(stages.make(twice).evaluations, 2 * 10 - 1);
  ImageRequest late =
      refined_request(stages.refiner, 0.6);  // where the run begins behind the switch, the refiner makes all
  late.init_image = stages.ctx.output({1, 3, 16, 32});
  std::ranges::fill(late.init_image.span<float>(), 0.5f);
  late.strength = 0.2;
  const Tensor all = stages.make(late).latents;
  late.refiner->switch_at = 0;
  EXPECT_EQ(difference(stages.make(late).latents, all), 0);
}

TEST(Refiner, IsLeftAloneByWhatSteersTheModel) {
  TwoStages stages;
  ImageRequest request = refined_request(stages.refiner, 0.5);
  const Tensor plain = stages.make(request).latents;
  request.perturbed = {.scale = 3};
  const Tensor perturbed = stages.make(request).latents;
  EXPECT_GT(difference(perturbed, plain), 1e-3f);
  const std::string own = stages.model.denoiser->info().self_attentions.back();
  EXPECT_EQ(known_perturbed_layers(stages.refiner->denoiser->info(), {"nothing_is_named_so"}),
            perturbed_layers(stages.refiner->denoiser->info(), {}));
  EXPECT_EQ(known_perturbed_layers(stages.model.denoiser->info(), {own, "nothing"}),
            perturbed_layers(stages.model.denoiser->info(), {own}));
  request.perturbed = {};
  request.cache = parse_step_cache("deepcache:2");
  const ImageResult cached = stages.make(request);
  EXPECT_GT(cached.reused_evaluations, 2);  // in both stages, each of which begins with a whole evaluation
  EXPECT_LE(cached.reused_evaluations, 5);
}

MemoryQuestion refined_question() {
  MemoryQuestion question{.model = "sdxl", .load = {}, .request = refined_request(nullptr, 0.6), .threads = 2};
  question.request.refiner.reset();
  question.load = [](Context& ctx, const ImageStreaming& streaming) {
    return case_pipeline(ctx, "pipeline_sdxl", streaming);
  };
  question.equip = [](Context& ctx, ImageModel&, const ImageStreaming& streaming, ImageRequest& request) {
    request.refiner = RefinerStage{case_refiner(ctx, "pipeline_sdxl_refiner", streaming), 0.6};
  };
  return question;
}

TEST(Refiner, IsPartOfThePredictedMemoryAndCost) {
  const MemoryQuestion question = refined_question();
  Tensor images;
  for (const bool streamed : {false, true}) {
    const MemorySavings savings{.stream_refiner = streamed};
    const MemoryPlan plan = predicted_memory(question, savings);
    Context ctx(cpu_device, 2), meta(meta_device, 2);
    const auto run = [&](Context& on) {
      ImageModel model = question.load(on, streaming_of(savings));
      ImageRequest request = question.request;
      question.equip(on, model, streaming_of(savings), request);
      return testing::make(on, model, request);
    };
    const ImageResult made = run(ctx), predicted = run(meta);
    EXPECT_EQ(std::max(plan.text_bytes, plan.denoising_bytes),
              std::max(made.text.peak_bytes, made.denoising.peak_bytes));
    EXPECT_EQ(predicted.evaluations, made.evaluations);
    EXPECT_NEAR(predicted.denoising.cost.flops, made.denoising.cost.flops, 1e-6 * made.denoising.cost.flops);
    if (images) {
      EXPECT_EQ(difference(made.images, images), 0);
    }
    images = made.images;
  }
}

TEST(Refiner, IsReadFromItsFileBeforeTheModelIs) {
  MemoryQuestion question = refined_question();
  question.request.width = question.request.height = 128;  // steps take more than loading
  int64_t both = std::numeric_limits<int64_t>::max();      // the least with both denoisers in memory
  for (unsigned bits = 0; bits < 8; ++bits) {
    const MemorySavings savings{
        .stream_ends = (bits & 1) != 0, .sequential_guidance = (bits & 2) != 0, .tiled_autoencoder = (bits & 4) != 0};
    both = std::min(both, predicted_memory(question, savings).peak_bytes());
  }
  const MemoryPlan plan = plan_memory(question, both - 1);
  EXPECT_TRUE(plan.savings.stream_refiner);
  EXPECT_FALSE(plan.savings.stream_denoiser);
  EXPECT_NE(savings_text(plan.savings).find("refiner"), std::string::npos);
}

TEST(Refiner, MustBelongToTheModel) {
  Context ctx(meta_device, 2);
  const ImageModel model = case_pipeline(ctx, "pipeline_sdxl");
  const auto refuse = [&](const std::string& name, double switch_at) {
    return error_of([&] { completed(model, refined_request(case_refiner(ctx, name), switch_at)); });
  };
  const Error other = refuse("pipeline_sd15", 0.8);
  EXPECT_EQ(other.category(), ErrorCategory::invalid_argument);
  EXPECT_NE(other.why().find("sdxl"), std::string::npos) << other.what();
  EXPECT_EQ(refuse("pipeline_sdxl_refiner", 1.5).category(), ErrorCategory::invalid_argument);
}

}  // namespace
}  // namespace diptych::diffusion
