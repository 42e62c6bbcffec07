// One optimizer step: the gradients of some micro-batches, their norm, the change of the parameters.
#pragma once

#include <cstdint>
#include <functional>
#include <memory>

#include "engine/core/context.h"
#include "engine/train/optimizers/learning_rate.h"
#include "engine/train/optimizers/optimizer.h"
#include "engine/train/trained_part.h"

namespace diptych::train {

struct TrainerOptions {
  OptimizerOptions optimizer = {};
  LearningRate learning_rate = {};
  double max_norm = 1;       // gradients are clipped to; 0: not at all
  int64_t accumulation = 1;  // micro-batches of a step
  bool remake = false;       // norms and activations are made again on the way back, in place of being kept
  bool recompute = false;    // layers are computed again on the way back, in place of keeping what they computed
};

struct StepResult {
  int64_t step = 0;
  double loss = 0;           // the mean over micro-batches
  double gradient_norm = 0;  // before clipping
  double learning_rate = 0;
};

class Trainer {
 public:
  // `part` must outlive this.
  Trainer(Context& ctx, TrainedPart& part, const TrainerOptions& options);

  // The loss of micro-batch `index` of this step, f32 [1], times `factor`: the part's tape is on. Called in order.
  using Loss = std::function<Tensor(Context& ctx, int64_t index, float factor)>;

  // Error (unsupported): the loss or a gradient is no number; nothing was changed then. As the ops: cancelled,
  // out_of_memory.
  StepResult step(Context& ctx, const Loss& loss);

  int64_t steps() const { return steps_; }
  void set_steps(int64_t steps) { steps_ = steps; }  // after a resume
  const Optimizer& optimizer() const { return *optimizer_; }

 private:
  TrainedPart& part_;
  TrainerOptions options_;
  std::unique_ptr<Optimizer> optimizer_;
  int64_t steps_ = 0;
};

}  // namespace diptych::train
