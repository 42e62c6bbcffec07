// What `diptych finetune` trains: a language model or an image model, by what the recipe's base is.
#pragma once

#include <filesystem>
#include <functional>

#include "app/cli/progress.h"
#include "engine/model/registry.h"
#include "engine/train/data/recipe.h"
#include "engine/train/run.h"

namespace diptych::cli {

struct Finetune {
  Context& ctx;
  const ModelRegistry& registry;
  const train::Recipe& recipe;
  std::filesystem::path base;
  const LoadOptions& load;
  bool resume = false;
  ProgressLine& line;
  // Runs the task; `sample` shows what the model does after some steps.
  std::function<train::RunResult(train::Task& task, const std::function<void(int64_t step)>& sample)> run;
};

train::RunResult finetune_text(const Finetune& finetune);
train::RunResult finetune_image(const Finetune& finetune);

void say(const std::string& text);  // a line on stderr

}  // namespace diptych::cli
