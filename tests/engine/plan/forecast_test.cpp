// What is predicted on meta is what the same run takes on the processor.
#include "engine/plan/forecast.h"

#include <gtest/gtest.h>

#include <filesystem>
#include <fstream>
#include <nlohmann/json.hpp>

#include "engine/core/error.h"
#include "engine/plan/trainable.h"
#include "engine/train/runs/run.h"
#include "engine/train/text_task.h"
#include "models/registry.h"
#include "tests/app/small_model.h"

namespace diptych::plan {
namespace {

namespace fs = std::filesystem;

class Forecast : public testing::TestWithParam<nlohmann::json> {
 protected:
  Forecast() {
    models::register_all(registry);
    fs::remove_all(folder);
    fs::create_directories(folder);
    app::write_small_model(folder / "small.gguf", "llama", app::untrained);
    std::ofstream data(folder / "data.jsonl");
    for (int i = 0; i < 60; ++i) {
      const std::string word = "word" + std::to_string(i);
      std::string answer = word;
      for (int j = 0; j < i % 7; ++j) answer += " " + word;
      data << nlohmann::json{{"prompt", "say " + word}, {"completion", answer}}.dump() << '\n';
    }
  }
  ~Forecast() override { fs::remove_all(folder); }

  train::Recipe recipe(const nlohmann::json& more) const {
    nlohmann::json json{{"base", "small.gguf"}, {"data", "data.jsonl"}, {"output", "out"}, {"steps", 30},
                        {"batch", 2},           {"sequence", 128},      {"rank", 8},       {"validation", 0.2}};
    json.update(more);
    train::Recipe parsed = train::parse_recipe(json.dump(), "recipe.json");
    parsed.folder = folder;
    return parsed;
  }

  TrainingForecast forecast(const train::Recipe& of, const MachineSpeed& speed = {}) const {
    return forecast_training(task_opener(registry, folder / "small.gguf", train::BaseKind::text), of, speed);
  }

  ModelRegistry registry;
  const fs::path folder = fs::path(DIPTYCH_BINARY_DIR) / "tests/forecast";
};

TEST_P(Forecast, MemoryIsWithinThreePercentOfARun) {
  const train::Recipe one = recipe(GetParam());
  const TrainingForecast predicted = forecast(one);
  Context ctx(cpu_device, 2);
  const train::OpenedTask opened = train::open_task(ctx, registry, one, folder / "small.gguf", train::BaseKind::text);
  train::TextTask& task = *opened.text;
  int64_t checkpoint = 0;
  train::RunEvents events;
  events.saved = [&](int64_t, const fs::path& path) {
    checkpoint = 0;
    for (const auto& entry : fs::directory_iterator(path)) checkpoint += static_cast<int64_t>(entry.file_size());
  };
  train::run_training(ctx, one, task, events, {});
  const auto measured = static_cast<double>(ctx.arena()->use().total_peak_bytes);
  EXPECT_NEAR(static_cast<double>(predicted.memory_bytes), measured, 0.03 * measured);
  int64_t owners = 0;
  for (const int64_t bytes : predicted.owner_bytes) owners += bytes;
  EXPECT_EQ(owners, predicted.memory_bytes);
  EXPECT_EQ(predicted.steps, 30);
  EXPECT_EQ(static_cast<double>(task.seen().tokens) / 30, predicted.tokens_per_step);
  EXPECT_LE(checkpoint, predicted.checkpoint_bytes);
  EXPECT_GT(checkpoint, predicted.checkpoint_bytes / 2);
}

INSTANTIATE_TEST_SUITE_P(Recipes, Forecast,
                         testing::Values(nlohmann::json::object(), nlohmann::json{{"method", "full"}},
                                         nlohmann::json{{"recompute", "full"}},
                                         nlohmann::json{{"recompute", "selective"}}, nlohmann::json{{"accumulate", 3}},
                                         nlohmann::json{{"resident_gb", 0}},
                                         nlohmann::json{{"resident_gb", 2e-4}, {"recompute", "full"}},
                                         nlohmann::json{{"optimizer", "adamw_8bit"}, {"packing", false}},
                                         nlohmann::json{{"ema", 0.9}, {"optimizer", "prodigy"}}));

TEST_F(Forecast, CostIsWhatOpsDeclareInARun) {
  const train::Recipe one = recipe({{"validation", 0}, {"validate_every", 0}});
  const TrainingForecast predicted = forecast(one, {.gflop_s = 10, .bandwidth_gb_s = 1});
  Context ctx(cpu_device, 2);
  train::TextTask task(ctx, one, train::load_text_base(ctx, registry, folder / "small.gguf"));
  const Cost before = ctx.cost();
  train::run_training(ctx, one, task, {}, {});
  const double flops = (ctx.cost() - before).flops / 30;
  EXPECT_NEAR(predicted.step_cost.flops, flops, 0.01 * flops);
  EXPECT_GT(predicted.roofline_step_s, predicted.step_cost.flops / 10e9);
  EXPECT_LT(predicted.roofline_step_s, predicted.step_cost.flops / 10e9 + predicted.step_cost.bytes() / 1e9);
}

TEST_F(Forecast, SaysWhatCannotBeTrained) {
  const Trainable small = trainable_model(registry, folder / "small.gguf", train::BaseKind::text);
  EXPECT_TRUE(small.adapters) << small.why_not;
  EXPECT_TRUE(small.full);
  EXPECT_FALSE(small.quantized);
  std::ofstream(folder / "broken.gguf") << "GGUF";
  const Trainable broken = trainable_model(registry, folder / "broken.gguf", train::BaseKind::text);
  EXPECT_FALSE(broken.adapters);
  EXPECT_FALSE(broken.why_not.empty());
  CancelToken cancel;
  cancel.cancel();
  EXPECT_THROW(forecast_training(task_opener(registry, folder / "small.gguf", train::BaseKind::text),
                                 recipe(nlohmann::json::object()), {}, cancel),
               Error);
}

}  // namespace
}  // namespace diptych::plan
