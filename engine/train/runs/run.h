// A training run from its recipe: steps, checkpoints, metrics, validation, and the result. It can be cut off at any
// moment and goes on, bit for bit, from its last checkpoint.
//
//   <output>/                 what was learnt (adapter_model.safetensors, …)
//   <output>/checkpoints/     see checkpoint.h
//   <output>/metrics.jsonl, metrics.csv, events/
#pragma once

#include <functional>
#include <optional>
#include <string>

#include "engine/train/data/recipe.h"
#include "engine/train/runs/metrics.h"
#include "engine/train/runs/trainer.h"
#include "engine/train/task.h"

namespace diptych::train {

enum class RunPhase { training, validating, sampling, saving };

struct RunEvents {
  std::function<void(const StepMetrics& metrics, int64_t steps)> step = {};
  std::function<void(const std::string& note)> note = {};  // "goes on from step 50", "checkpoint of … was skipped: …"
  // After these steps: shows what the model does now. The task's part is published.
  std::function<void(int64_t step)> sample = {};
  std::function<void(int64_t step, const std::filesystem::path& checkpoint)> saved = {};
  std::function<void(RunPhase phase)> phase = {};  // what it does from now on
};

// What somebody who watches wants besides the recipe, at once.
struct RunWishes {
  bool save = false, sample = false;
};

struct RunOptions {
  bool resume = false;                     // from the newest checkpoint, where there is one
  std::filesystem::path jsonl = {};        // in place of <output>/metrics.jsonl
  CancelToken cancel = {};                 // ends the run after its step, with a checkpoint
  std::function<RunWishes()> wishes = {};  // asked after each step
  std::function<bool()> keep_result = {};  // of a cancelled run: whether its result is written as if it had finished
};

struct RunResult {
  int64_t steps = 0;
  bool finished = false;  // else it was cancelled
  double loss = 0;        // of the last step
  std::optional<double> validation_loss = {};
  double seconds = 0;
};

TrainerOptions trainer_options(const Recipe& recipe, int64_t steps);

// Steps of the whole run.
int64_t steps_of(const Recipe& recipe, const Task& task);

// Error: what steps throw (a loss that is no number, out_of_memory, …) with the last checkpoint left as it was; (io)
// too little disk, said before the first step; (invalid_argument) the checkpoint is of another recipe.
RunResult run_training(Context& ctx, const Recipe& recipe, Task& task, const RunEvents& events,
                       const RunOptions& options);

}  // namespace diptych::train
