// What a training run will take, told by its own code: on the meta device it loads, trains some steps, validates and
// allocates as it would, with the real data's lengths, and computes nothing.
#pragma once

#include <array>
#include <cstdint>
#include <filesystem>
#include <functional>

#include "engine/core/arena.h"
#include "engine/core/cost.h"
#include "engine/train/data/recipe.h"
#include "engine/train/open_task.h"

namespace diptych::plan {

// What a machine was measured to do; 0: not known. Products of 8-bit integers are as fast as f32 where theirs is not.
struct MachineSpeed {
  double gflop_s = 0, bandwidth_gb_s = 0, int8_gop_s = 0;
};

struct TrainingForecast {
  int64_t memory_bytes = 0;                           // the peak, from loading to the result
  std::array<int64_t, owner_count> owner_bytes = {};  // of it
  int64_t steps = 0;
  int64_t trained_parameters = 0;
  double tokens_per_step = 0, images_per_step = 0;  // one of them is 0
  Cost step_cost = {};
  // Of a step, each op as fast as the slower of its arithmetic and its memory traffic allows; 0: speed not known.
  double roofline_step_s = 0;
  int64_t result_bytes = 0, checkpoint_bytes = 0;
};

// A task of this recipe on a meta context.
using OpenTask = std::function<train::OpenedTask(Context& ctx, const train::Recipe& recipe)>;

// Error: what opening the task throws; cancelled.
TrainingForecast forecast_training(const OpenTask& open, const train::Recipe& recipe, const MachineSpeed& speed,
                                   const CancelToken& cancel = {});

// `registry` must outlive it.
OpenTask task_opener(const ModelRegistry& registry, std::filesystem::path base, train::BaseKind kind);

// How much longer than at the roofline a training step takes with this engine, for machines that have measured none of
// their own: of language models what fits the runs in docs/benchmarks.md, all of one machine; of image models what a
// UNet's forward pass took, no training step. The first run of a base replaces it.
double usual_slowdown(train::BaseKind kind);

}  // namespace diptych::plan
