// Fine-tuning of the reference cases' small image models on pictures that are drawn for it.
#pragma once

#include <gtest/gtest.h>

#include <cmath>
#include <filesystem>
#include <fstream>
#include <nlohmann/json.hpp>
#include <string>
#include <vector>

#include "engine/diffusion/image_run.h"
#include "engine/diffusion/noise/noise_streams.h"
#include "engine/diffusion/prompt/textual_inversion.h"
#include "engine/model/adapters.h"
#include "engine/train/image/image_task.h"
#include "engine/train/open_task.h"
#include "engine/train/runs/run.h"
#include "models/registry.h"
#include "tests/engine/train/data/picture_testing.h"

namespace diptych::train {

namespace fs = std::filesystem;
using nlohmann::json;

inline ModelRef at(const fs::path& path) {
  ModelRef ref;
  ref.path = path;
  return ref;
}

class ImageTraining : public ::testing::TestWithParam<std::string> {
 protected:
  ImageTraining() {
    models::register_all(registry);
    fs::remove_all(folder);
    fs::create_directories(folder / "pictures");
    for (uint64_t i = 0; i < 5; ++i) {
      const std::string stem = "pictures/" + std::to_string(i);
      draw_to(folder / (stem + ".png"), 32 + 16 * static_cast<int64_t>(i % 2), 32, i);
      std::ofstream(folder / (stem + ".txt")) << (is_dit() ? std::to_string(3 * i) : "a fox in colour " + stem);
    }
  }
  ~ImageTraining() override { fs::remove_all(folder); }

  static bool is_dit() {
    const auto* info = ::testing::UnitTest::GetInstance()->current_test_info();
    return info->value_param() != nullptr && std::string(info->value_param()).find("dit") != std::string::npos;
  }

  static fs::path pipeline(const std::string& name) {
    return fs::path(DIPTYCH_SOURCE_DIR) / "tests/golden/cases" / ("pipeline_" + name) / "model";
  }

  Recipe recipe(const std::string& base, const std::string& output, const json& more = json::object()) const {
    json image{{"resolution", 32}, {"bucket_step", 8}, {"bucket_min", 16}, {"caption_dropout", 0.2}};
    json all{{"base", pipeline(base).string()},
             {"data", "pictures"},
             {"output", output},
             {"steps", 8},
             {"batch", 2},
             {"rank", 4},
             {"learning_rate", 0.01},
             {"seed", 7},
             {"checkpoint_every", 100},
             {"image", image}};
    all.merge_patch(more);
    Recipe parsed = parse_recipe(all.dump(), "recipe.json");
    parsed.folder = folder;
    return parsed;
  }

  struct Outcome {
    RunResult result;
    std::vector<double> losses;
    std::vector<StepMetrics> metrics;
    EncodingCache::Counts encodings;
  };

  Outcome train(const Recipe& recipe, const RunOptions& options = {}, int64_t cancel_after = -1) {
    Context ctx(cpu_device, 2);
    const OpenedTask opened = open_task(ctx, registry, recipe, recipe.base, BaseKind::image);
    Outcome outcome;
    RunEvents events;
    events.step = [&](const StepMetrics& metrics, int64_t) {
      outcome.losses.push_back(metrics.loss);
      outcome.metrics.push_back(metrics);
      if (metrics.step == cancel_after) options.cancel.cancel();
    };
    outcome.result = run_training(ctx, recipe, *opened.task, events, options);
    outcome.encodings = opened.image->encodings();
    return outcome;
  }

  std::string bytes(const fs::path& path) const {
    std::ifstream file(folder / path, std::ios::binary);
    EXPECT_TRUE(file) << path;
    return {std::istreambuf_iterator<char>(file), {}};
  }

  // What a fresh model makes of a fixed question, with an adapter's file or folder or without.
  std::vector<float> picture(const fs::path& model_path, const fs::path& adapter = {}) {
    Context ctx(cpu_device, 2);
    diffusion::ImageModel model =
        diffusion::load_image_model(ctx, registry, diffusion::open_parts(registry, at(model_path)));
    if (!adapter.empty()) {
      const AdapterUse use{.adapter = open_adapter(adapter)};
      const AdapterReport report = apply_adapters(ctx, model.adaptable, {&use, 1}, AdapterMode::on_the_fly);
      EXPECT_TRUE(report.absent.empty());
    }
    diffusion::ImageRequest request;
    request.prompt = "a fox";
    if (model.family == diffusion::ImageFamily::dit) request.classes = {3};
    request.steps = 2;
    request.width = request.height = 16;
    diffusion::PhiloxNoise noise(1);
    const Tensor latents = diffusion::make_images(ctx, model, request, noise).latents;
    return {latents.span<float>().begin(), latents.span<float>().end()};
  }

  ModelRegistry registry;
  const fs::path folder = [] {
    std::string name = ::testing::UnitTest::GetInstance()->current_test_info()->name();
    std::ranges::replace(name, '/', '_');
    return fs::path(DIPTYCH_BINARY_DIR) / "tests/image_training" / name;
  }();
};

inline double largest_difference(const std::vector<float>& a, const std::vector<float>& b) {
  double most = 0;
  for (size_t i = 0; i < a.size(); ++i) most = std::max(most, std::abs(static_cast<double>(a[i] - b[i])));
  return most;
}

}  // namespace diptych::train
