// The same for image models: from encoding pictures and captions to samples, what is predicted is what a run takes.
#include <gtest/gtest.h>

#include <algorithm>
#include <filesystem>
#include <fstream>
#include <nlohmann/json.hpp>

#include "engine/plan/forecast.h"
#include "engine/plan/trainable.h"
#include "engine/train/image/sample_picture.h"
#include "engine/train/runs/run.h"
#include "models/registry.h"
#include "tests/engine/train/data/picture_testing.h"

namespace diptych::plan {
namespace {

namespace fs = std::filesystem;

class ImageForecast : public testing::TestWithParam<nlohmann::json> {
 protected:
  ImageForecast() {
    models::register_all(registry);
    fs::remove_all(folder);
    fs::create_directories(folder / "pictures");
    for (uint64_t i = 0; i < 8; ++i) {
      train::draw_to(folder / "pictures" / (std::to_string(i) + ".png"), 64, 64, i);
      std::ofstream(folder / "pictures" / (std::to_string(i) + ".txt")) << "a fox, number " << i;
    }
  }
  ~ImageForecast() override { fs::remove_all(folder); }

  static fs::path base() { return fs::path(DIPTYCH_SOURCE_DIR) / "tests/golden/cases/pipeline_sd15/model"; }

  train::Recipe recipe(const nlohmann::json& more) const {
    nlohmann::json json{{"base", base().string()},
                        {"data", "pictures"},
                        {"output", "out"},
                        {"steps", 6},
                        {"rank", 4},
                        {"image", {{"resolution", 64}, {"bucket_step", 8}, {"bucket_min", 16}}}};
    json.merge_patch(more);
    train::Recipe parsed = train::parse_recipe(json.dump(), "recipe.json");
    parsed.folder = folder;
    return parsed;
  }

  ModelRegistry registry;
  const fs::path folder = fs::path(DIPTYCH_BINARY_DIR) / "tests/image_forecast";
};

TEST_P(ImageForecast, MemoryIsWithinThreePercentOfARun) {
  const train::Recipe one = recipe(GetParam());
  const TrainingForecast predicted = forecast_training(task_opener(registry, base(), train::BaseKind::image), one, {});
  EXPECT_FALSE(fs::exists(folder / "out"));  // nothing is written for a look
  Context ctx(cpu_device, 2);
  const train::OpenedTask opened = train::open_task(ctx, registry, one, base(), train::BaseKind::image);
  int64_t measured = 0, sampled = 0;
  train::RunEvents events;
  events.step = [&](const train::StepMetrics& metrics, int64_t) {
    EXPECT_GE(metrics.memory_bytes, measured);  // samples in between do not make it forget
    measured = metrics.memory_bytes;
  };
  events.sample = [&](int64_t) {
    for (const std::string& prompt : one.sample_prompts) {
      sampled = std::max(sampled, train::sample_picture(ctx, *opened.image_base, one, prompt).peak_bytes());
    }
    opened.image_base->release_encoders(ctx);
  };
  train::run_training(ctx, one, *opened.task, events, {});
  EXPECT_GE(measured, sampled);
  EXPECT_NEAR(static_cast<double>(predicted.memory_bytes), static_cast<double>(measured),
              0.03 * static_cast<double>(measured));
  EXPECT_EQ(predicted.images_per_step, static_cast<double>(opened.task->seen().images) / 6);
  EXPECT_EQ(predicted.tokens_per_step, 0);
}

INSTANTIATE_TEST_SUITE_P(
    Recipes, ImageForecast,
    testing::Values(nlohmann::json::object(), nlohmann::json{{"batch", 2}, {"recompute", "full"}},
                    nlohmann::json{{"method", "full"}}, nlohmann::json{{"resident_gb", 0}},
                    nlohmann::json{{"resident_gb", 2e-4}, {"method", "dora"}},
                    nlohmann::json{{"image", {{"cache_latents", false}, {"cache_text", false}}}},
                    nlohmann::json{{"sample_prompts", {"a fox"}}, {"sample_every", 3}, {"validation", 0.3}},
                    nlohmann::json{{"train_text_encoder", true}, {"batch", 2}},
                    nlohmann::json{
                        {"train_text_encoder", true}, {"recompute", "full"}, {"image", {{"cache_latents", false}}}},
                    nlohmann::json{{"method", "textual_inversion"},
                                   {"token", "<fox>"},
                                   {"image", {{"caption_prefix", "<fox>"}}},
                                   {"sample_prompts", {"a <fox>"}},
                                   {"sample_every", 3}}));

TEST_F(ImageForecast, TellsWhatTheBaseWasMadeFor) {
  const Trainable can = trainable_model(registry, base(), train::BaseKind::image);
  EXPECT_TRUE(can.adapters) << can.why_not;
  EXPECT_TRUE(can.full);
  EXPECT_GT(can.side, 0);
  EXPECT_GT(can.side_multiple, 1);
  EXPECT_FALSE(can.flow);
  EXPECT_TRUE(can.text_encoders);
  EXPECT_TRUE(can.words);
  const Trainable flux =
      trainable_model(registry, base().parent_path().parent_path() / "pipeline_flux/model", train::BaseKind::image);
  EXPECT_TRUE(flux.adapters) << flux.why_not;
  EXPECT_TRUE(flux.flow);
}

}  // namespace
}  // namespace diptych::plan
