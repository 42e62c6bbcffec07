// An image model without weights: paints its seed as a colour, a step at a given pace, and can be held at a step.
#pragma once

#include <atomic>
#include <chrono>
#include <memory>
#include <string>
#include <thread>
#include <vector>

#include "engine/core/error.h"
#include "engine/host/images/image_loader.h"
#include "engine/io/library/pipeline_folder.h"

namespace diptych::host {

struct FakePainting {
  std::atomic<int> step_us{500};
  std::atomic<int> hold_at{-1};  // waits behind this step until this changes or the job is cancelled
  std::atomic<int> hold_run{0};  // only in this run, counted from 1; 0: in any
  std::atomic<int64_t> memory_bytes{1 << 20};
  std::atomic<int> loads{0}, runs{0};
  std::atomic<bool> needs_reader{true};  // the model "reader-less"
  std::atomic<int> loaded{0};            // models that are in memory, half of memory_bytes each
};

class FakeImageModel final : public LoadedImageModel {
 public:
  explicit FakeImageModel(std::shared_ptr<FakePainting> painting) : painting_(std::move(painting)) {
    ++painting_->loaded;
  }
  ~FakeImageModel() override { --painting_->loaded; }

  static api::ImageSettings completed(api::ImageSettings settings) {
    if (settings.width == 0) settings.width = 64;
    if (settings.height == 0) settings.height = 64;
    if (settings.steps == 0) settings.steps = 4;
    if (!settings.guidance) settings.guidance = 7.5;
    if (settings.width % 8 != 0) {
      throw Error(ErrorCategory::invalid_argument, "cannot make images", std::to_string(settings.width) + " pixels",
                  "the model makes sides that are multiples of 8", "take 64");
    }
    return settings;
  }

  ImageRunResult run(const ImageRunRequest& request, const ImageRunHooks& hooks) override {
    ImageRunResult result;
    ++painting_->runs;
    result.settings = completed(request.settings);
    const int steps = result.settings.steps;
    std::vector<float> latents(4 * 8 * 8);
    for (int step = 0; step <= steps; ++step) {
      ImageRunStep told;
      told.phase = "denoising";
      told.step = step;
      told.steps = steps;
      if (step > 0) {
        for (size_t i = 0; i < latents.size(); ++i) latents[i] = static_cast<float>((i * 7 + step) % 13) - 6;
        told.latents = latents;
        told.channels = 4;
        told.height = told.width = 8;
      }
      hooks.step(told);
      if (step == steps) break;
      do {
        request.cancel.throw_if_cancelled();
        hooks.between();
        std::this_thread::sleep_for(std::chrono::microseconds(painting_->step_us));
      } while (painting_->hold_at == step && (painting_->hold_run == 0 || painting_->hold_run == painting_->runs));
      Cost cost;
      cost.flops = 1e9;
      cost.weight_bytes = 1e8;
      result.denoising.cost += cost;
      result.denoising.seconds += painting_->step_us * 1e-6;
      hooks.computed(cost);
    }
    result.evaluations = steps;
    result.peak_bytes = painting_->memory_bytes;
    for (int i = 0; i < result.settings.batch; ++i) {
      Image8 image{result.settings.width, result.settings.height, 3, {}};
      // Where work is left out or weights are rounded, all values are one off.
      const int away = result.settings.cache.empty() && result.settings.quantize.empty() ? 0 : 1;
      const auto seed = static_cast<uint8_t>(result.settings.seed.value_or(0) + i + away);
      image.pixels.assign(static_cast<size_t>(image.width * image.height * 3), seed);
      result.images.push_back(std::move(image));
    }
    return result;
  }
  MemoryUse memory() const override {
    MemoryUse use;
    use.bytes[0] = use.total_bytes = painting_->memory_bytes / 2;
    return use;
  }

 private:
  std::shared_ptr<FakePainting> painting_;
};

class FakeImageLoader final : public ImageLoader {
 public:
  explicit FakeImageLoader(std::shared_ptr<FakePainting> painting) : painting_(std::move(painting)) {}
  bool handles(const std::filesystem::path& path) const override { return is_pipeline_folder(path); }
  ImageDescription describe(const std::filesystem::path& path) const override {
    if (const std::string name = needs(path); !name.empty()) {
      throw Error(ErrorCategory::not_found, "cannot load pipeline", path.string(), name + " is not there", "get it");
    }
    return {path.filename().string(), "sdxl", "f16", 1000, 500};
  }
  std::string needs(const std::filesystem::path& path) const override {
    return path.filename() == "reader-less" && painting_->needs_reader ? "SmolLM2-135M-Instruct" : "";
  }
  api::ImageModelInfo info(const ImageModelFiles&) const override {
    api::ImageModelInfo info;
    info.family = "sdxl";
    info.width = info.height = 64;
    info.weights_bytes = 800;
    return info;
  }
  ImagePrediction predict(const ImageModelFiles& files, const ImageRunRequest& request) const override {
    describe(files.model);
    ImagePrediction prediction;
    prediction.settings = FakeImageModel::completed(request.settings);
    prediction.evaluations = prediction.settings.steps;
    prediction.denoising.flops = 1e9 * prediction.evaluations;
    const int64_t images = request.settings.sequential_guidance ? 1 : request.settings.batch;
    prediction.memory_bytes = painting_->memory_bytes * images;
    prediction.owners.push_back({"weights", 1, 1});
    return prediction;
  }
  std::vector<api::PromptTokens> count_tokens(const ImageModelFiles&,
                                              const api::ImageSettings& settings) const override {
    return {{"CLIP", static_cast<int>(settings.prompt.size()), 0, 75, 1}};
  }
  std::unique_ptr<LoadedImageModel> load(const ImageModelFiles&, const std::function<void(double)>& progress,
                                         const CancelToken& cancel) const override {
    ++painting_->loads;
    progress(0.5);
    cancel.throw_if_cancelled();
    return std::make_unique<FakeImageModel>(painting_);
  }

 private:
  std::shared_ptr<FakePainting> painting_;
};

}  // namespace diptych::host
