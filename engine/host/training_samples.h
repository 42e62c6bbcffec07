// What a model in training does with the recipe's prompts, beside what it did before: samples.jsonl in the output
// folder.
#pragma once

#include <filesystem>
#include <functional>
#include <string>
#include <vector>

#include "engine/api/training.h"
#include "engine/core/context.h"
#include "engine/llm/prompt.h"
#include "engine/train/text_task.h"

namespace diptych::host {

class TextSamples {
 public:
  TextSamples(Context& ctx, const train::TextBase& base, std::vector<std::string> prompts,
              std::filesystem::path output);

  // Before the first step: what others stand beside. Once; later runs find it in the file. Error (io).
  void keep_baseline();
  // Likeliest tokens: the same seed for all. Error (io).
  void take(int64_t step, const std::function<void(const api::TrainingSample&)>& taken);

 private:
  std::string answer(const std::string& prompt);
  void append(const api::TrainingSample& sample) const;

  Context& ctx_;
  const train::TextBase& base_;
  std::vector<std::string> prompts_;
  std::filesystem::path output_;
  PromptBuilder builder_;
  std::vector<std::string> baseline_;  // of each prompt
};

// By step, then prompt; a step that was done again after a kill counts once.
api::TrainingSamples read_training_samples(const std::filesystem::path& output);

}  // namespace diptych::host
