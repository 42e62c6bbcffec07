// Weights read from their files at every step, together with what else changes a run: adapters, step caches, control
// models, perturbed attention. Always the picture that the same run makes from memory, bit by bit.
#include <filesystem>
#include <functional>

#include "engine/diffusion/image_adapters.h"
#include "engine/diffusion/memory_plan.h"
#include "tests/engine/diffusion/image_testing.h"

namespace diptych::diffusion {
namespace {

namespace fs = std::filesystem;
using testing::case_pipeline;
using testing::difference;
using testing::fox_request;

const fs::path golden_folder = fs::path(DIPTYCH_SOURCE_DIR) / "tests/golden/cases";
constexpr MemorySavings everything{true, true, true, true, 0};

struct StreamedCase {
  const char* name;
  const char* pipeline;
  const char* adapter = "";  // a reference case; none: without
  const char* cache = "";
  std::vector<const char*> controls = {};
  double perturbed = 0;
};

void PrintTo(const StreamedCase& one, std::ostream* out) {
  *out << one.name;
}

class StreamedRun : public ::testing::TestWithParam<StreamedCase> {
 protected:
  static MemoryQuestion question() {
    const StreamedCase& one = GetParam();
    MemoryQuestion question{.model = one.pipeline, .load = {}, .request = fox_request(), .threads = 2};
    question.request.steps = 5;
    question.request.text_tokens = 24;
    if (*one.cache != '\0') question.request.cache = parse_step_cache(one.cache);
    question.request.perturbed.scale = one.perturbed;
    question.load = [&one](Context& ctx, const ImageStreaming& streaming) {
      return case_pipeline(ctx, one.pipeline, streaming);
    };
    question.equip = [&one](Context& ctx, ImageModel& model, const ImageStreaming& streaming, ImageRequest& request) {
      LoadOptions options;
      options.stream = streaming.denoiser;
      for (const char* control : one.controls) {
        Tensor picture = ctx.output({1, 3, request.height, request.width});
        for (int64_t i = 0; !picture.is_meta() && i < picture.elements(); ++i) {
          picture.data<float>()[i] = static_cast<float>(i % 7) / 7;
        }
        const ModelSource source = open_model(golden_folder / control / "model");
        request.controls.push_back(
            {.model = testing::image_registry().load_control_model(ctx, source, options), .image = picture});
      }
      if (*one.adapter == '\0') return;
      const ChosenAdapter chosen{golden_folder / one.adapter / "lora.safetensors", 0.8, 0.8};
      // Beside the weights in both runs: merged, the last bits are others.
      apply_adapters(ctx, model, {&chosen, 1}, AdapterMode::on_the_fly);
    };
    return question;
  }
  // Predicted is the case in which a cache saves nothing.
  static void expect_predicted(int64_t predicted, int64_t taken) {
    if (*GetParam().cache == '\0') {
      EXPECT_EQ(predicted, taken);
    }
    EXPECT_GE(predicted, taken);
    EXPECT_LE(static_cast<double>(predicted), 1.02 * static_cast<double>(taken));
  }
  struct Ran {
    ImageResult result;
    int64_t peak_bytes = 0;
  };
  static Ran run(const MemoryQuestion& question, const MemorySavings& savings, int64_t limit_bytes) {
    Context ctx(cpu_device, 2, limit_bytes);
    ImageRequest request = question.request;
    ImageModel model = question.load(ctx, streaming_of(savings));
    question.equip(ctx, model, streaming_of(savings), request);
    const int64_t loading = ctx.arena()->use().total_peak_bytes;
    apply(savings, request);
    Ran ran;
    ran.result = testing::make(ctx, model, request);
    ran.peak_bytes = std::max(loading, ran.result.peak_bytes());
    return ran;
  }
};

TEST_P(StreamedRun, MakesThePictureOfARunInMemoryAndTakesWhatWasPredicted) {
  const MemoryQuestion asked = question();
  const Ran plain = run(asked, {}, 0);
  expect_predicted(predicted_memory(asked, {}).peak_bytes(), plain.peak_bytes);
  const MemoryPlan plan = predicted_memory(asked, everything);
  const Ran saved = run(asked, everything, plan.peak_bytes());  // with not a byte more
  EXPECT_EQ(difference(saved.result.images, plain.result.images), 0);
  EXPECT_EQ(saved.result.reused_evaluations, plain.result.reused_evaluations);
  EXPECT_EQ(saved.result.reused_evaluations > 0, *GetParam().cache != '\0');
  expect_predicted(plan.peak_bytes(), saved.peak_bytes);
  EXPECT_LT(saved.peak_bytes, plain.peak_bytes);
}

// What is asked for beside the prompt changes the picture: that the runs above agree says something.
TEST_P(StreamedRun, IsSteeredByWhatIsAskedFor) {
  MemoryQuestion plain = question();
  const Ran steered = run(plain, everything, 0);
  plain.equip = [](Context&, ImageModel&, const ImageStreaming&, ImageRequest&) {};
  plain.request.cache.reset();
  plain.request.perturbed.scale = 0;
  EXPECT_GT(difference(steered.result.images, run(plain, everything, 0).result.images), 0);
}

INSTANTIATE_TEST_SUITE_P(
    Cases, StreamedRun,
    ::testing::Values(
        StreamedCase{.name = "unet_lora", .pipeline = "pipeline_sd15", .adapter = "lora_sd15_kohya"},
        StreamedCase{.name = "unet_conv_lora", .pipeline = "pipeline_sd15", .adapter = "lora_sd15_kohya_conv"},
        StreamedCase{.name = "unet_loha", .pipeline = "pipeline_sd15", .adapter = "lora_sd15_loha"},
        StreamedCase{.name = "unet_lokr", .pipeline = "pipeline_sd15", .adapter = "lora_sd15_lokr"},
        StreamedCase{.name = "dit_lora", .pipeline = "pipeline_flux", .adapter = "lora_flux_kohya"},
        StreamedCase{.name = "unet_lora_deepcache",
                     .pipeline = "pipeline_sd15",
                     .adapter = "lora_sd15_kohya",
                     .cache = "deepcache:2"},
        StreamedCase{.name = "dit_lora_first_block",
                     .pipeline = "pipeline_flux",
                     .adapter = "lora_flux_diffusers",
                     .cache = "first-block:10"},
        StreamedCase{.name = "dit_lora_teacache",
                     .pipeline = "pipeline_flux",
                     .adapter = "lora_flux_diffusers",
                     .cache = "teacache:10"},
        StreamedCase{
            .name = "controlnet", .pipeline = "pipeline_sd15", .controls = {"controlnet_sd15", "t2i_adapter_full"}},
        StreamedCase{.name = "controlnet_lora_perturbed",
                     .pipeline = "pipeline_sd15",
                     .adapter = "lora_sd15_kohya",
                     .controls = {"controlnet_sd15"},
                     .perturbed = 2},
        StreamedCase{.name = "perturbed_unet", .pipeline = "pipeline_sd15", .perturbed = 3},
        StreamedCase{
            .name = "perturbed_unet_deepcache", .pipeline = "pipeline_sdxl", .cache = "deepcache:2", .perturbed = 3},
        StreamedCase{.name = "perturbed_dit", .pipeline = "pipeline_sd3", .perturbed = 3},
        StreamedCase{.name = "perturbed_dit_first_block",
                     .pipeline = "pipeline_pixart_sigma",
                     .cache = "first-block:10",
                     .perturbed = 3}),
    [](const auto& info) { return std::string(info.param.name); });

}  // namespace
}  // namespace diptych::diffusion
