// What a model in training does with the recipe's prompts, beside what it did before: samples.jsonl in the output
// folder.
#pragma once

#include <filesystem>
#include <functional>
#include <memory>

#include "engine/api/training.h"
#include "engine/core/context.h"
#include "engine/train/image/image_base.h"
#include "engine/train/text_task.h"

namespace diptych::host {

// After the first step of a run, its baseline is in the file, and later runs find it there.
class TrainingSampler {
 public:
  virtual ~TrainingSampler() = default;

  // Before the first step: what others stand beside. Error (io), and what making it throws.
  virtual void keep_baseline() = 0;
  virtual void take(int64_t step, const std::function<void(const api::TrainingSample&)>& taken) = 0;
};

// Answers of likeliest tokens.
std::unique_ptr<TrainingSampler> text_sampler(Context& ctx, const train::TextBase& base, const train::Recipe& recipe,
                                              std::filesystem::path output);

// Pictures of the recipe's seed, samples/step-000050-1.png in the output folder. `base`'s denoiser is what is trained.
std::unique_ptr<TrainingSampler> picture_sampler(Context& ctx, train::ImageBase& base, const train::Recipe& recipe,
                                                 std::filesystem::path output);

// By step, then prompt; a step that was done again after a kill counts once.
api::TrainingSamples read_training_samples(const std::filesystem::path& output);

}  // namespace diptych::host
