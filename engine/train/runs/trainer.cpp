#include "engine/train/runs/trainer.h"

#include <cmath>
#include <utility>

#include "engine/core/error.h"
#include "engine/train/optimizers/clip.h"

namespace diptych::train {
namespace {

[[noreturn]] void refuse(int64_t step, const std::string& what) {
  throw Error(ErrorCategory::unsupported, "cannot go on training", "step " + std::to_string(step),
              what + " is no number", "go back to the last checkpoint with a lower learning rate");
}

// Forward and backward of one micro-batch: what its loss is, the gradients being added to the part's.
double run_micro_batch(Context& ctx, TrainedPart& part, const TrainerOptions& options, const Trainer::Loss& loss,
                       int64_t index, float factor, uint64_t number) {
  Tape tape;
  tape.remakes = options.remake;
  tape.recompute = options.recompute;
  part.watch(tape);
  part.begin_micro_batch(number);
  struct Taped {
    Context& ctx;
    TrainedPart& part;
    ~Taped() {
      ctx.tape = nullptr;
      part.end_micro_batch();
    }
  };
  const Taped taped{ctx, part};
  ctx.tape = &tape;
  const Tensor value = loss(ctx, index, factor);
  const double result = ctx.is_meta() ? 0 : static_cast<double>(*value.data<float>());
  if (!std::isfinite(result) || !tape.tracks(value)) return result;
  Tensor one = ctx.output({1}, DType::f32, Owner::gradients);
  if (!ctx.is_meta()) *one.data<float>() = 1;
  tape.backward(ctx, value, std::move(one));
  return result;
}

}  // namespace

Trainer::Trainer(Context& ctx, TrainedPart& part, const TrainerOptions& options)
    : part_(part), options_(options), optimizer_(make_optimizer(ctx, options.optimizer, part_.parameters())) {
  check_learning_rate(options.learning_rate);
}

StepResult Trainer::step(Context& ctx, const Loss& loss) {
  StepResult result{.step = steps_, .learning_rate = options_.learning_rate.at(steps_)};
  Parameters& parameters = part_.parameters();
  clear_gradients(ctx, parameters);
  const auto factor = 1 / static_cast<float>(options_.accumulation);
  for (int64_t i = 0; i < options_.accumulation; ++i) {
    const auto number = static_cast<uint64_t>(steps_ * options_.accumulation + i);
    result.loss += run_micro_batch(ctx, part_, options_, loss, i, factor, number);
    if (!std::isfinite(result.loss)) refuse(steps_, "the loss");
  }
  part_.finish_gradients(ctx);
  const GradientNorm norm = clip_gradients(ctx, parameters, options_.max_norm);
  if (!norm.finite()) refuse(steps_, "the gradient of " + norm.not_finite);
  result.gradient_norm = norm.norm;
  optimizer_->step(ctx, parameters, result.learning_rate);
  part_.publish(ctx);
  ++steps_;
  return result;
}

}  // namespace diptych::train
