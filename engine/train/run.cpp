#include "engine/train/run.h"

#include <algorithm>
#include <chrono>
#include <cmath>

#include "engine/core/error.h"
#include "engine/train/checkpoint.h"
#include "engine/train/ema.h"
#include "engine/train/trainer.h"

namespace diptych::train {
namespace {

using Clock = std::chrono::steady_clock;

OptimizerOptions optimizer_of(const Recipe& recipe) {
  const RecipeOptimizer& given = recipe.optimizer;
  OptimizerOptions options;
  options.kind = given.name;
  options.beta1 = given.beta_1;
  options.beta2 = given.beta_2;
  options.epsilon = given.epsilon;
  options.weight_decay = given.weight_decay;
  if (given.momentum > 0 || given.name != OptimizerKind::muon) options.momentum = given.momentum;
  options.relative_step = given.relative_step;
  options.initial_distance = given.initial_step_size;
  options.distance_factor = given.step_size_factor;
  options.bias_correction = given.bias_correction_rate;
  options.safeguard_warmup = given.safeguard_warmup;
  options.seed = recipe.seed;
  return options;
}

RateShape shape_of(RateSchedule schedule) {
  switch (schedule) {
    case RateSchedule::constant:
      return RateShape::constant;
    case RateSchedule::linear:
      return RateShape::linear;
    case RateSchedule::cosine:
      return RateShape::cosine;
    case RateSchedule::cosine_with_restarts:
      return RateShape::cosine_restarts;
    case RateSchedule::polynomial:
      return RateShape::polynomial;
    case RateSchedule::warmup_stable_decay:
      return RateShape::warmup_stable_decay;
  }
  return RateShape::constant;
}

// One run, step by step.
class Run {
 public:
  Run(Context& ctx, const Recipe& recipe, Task& task, const RunEvents& events, const RunOptions& options)
      : ctx_(ctx),
        recipe_(recipe),
        task_(task),
        events_(events),
        options_(options),
        output_(resolved(recipe, recipe.output)),
        checkpoints_(output_ / "checkpoints"),
        steps_(steps_of(recipe, task)),
        trainer_(ctx, task.part(), trainer_options(recipe, steps_)) {
    if (recipe.ema > 0) ema_.emplace(ctx, task.part().parameters(), recipe.ema);
  }

  RunResult all() {
    const auto start = Clock::now();
    state_.seed = recipe_.seed;
    state_.recipe_hash = recipe_hash(recipe_);
    if (options_.resume) resume();
    check_disk();
    MetricsWriter metrics({.jsonl = options_.jsonl.empty() ? output_ / "metrics.jsonl" : options_.jsonl,
                           .csv = output_ / "metrics.csv",
                           .tensorboard = output_ / "events"},
                          state_.step);
    RunResult result{.steps = state_.step};
    enter(RunPhase::training);
    while (state_.step < steps_ && !options_.cancel.cancelled()) {
      const StepMetrics step = one_step();
      metrics.write(step);
      result.loss = step.loss;
      if (step.validation_loss) result.validation_loss = step.validation_loss;
      if (events_.step) events_.step(step, steps_);
      after_step();
    }
    if (saved_ != state_.step) save();
    result.steps = state_.step;
    result.finished = state_.step >= steps_;
    if (result.finished || (options_.keep_result && options_.keep_result())) {
      write_result(output_);
      task_.complete_result(output_);
    }
    result.seconds = std::chrono::duration<double>(Clock::now() - start).count();
    return result;
  }

 private:
  CheckpointTensors tensors() {
    return {
        .parameters = &task_.part().parameters(), .optimizer = &trainer_.optimizer(), .ema = ema_ ? &*ema_ : nullptr};
  }

  void note(const std::string& text) const {
    if (events_.note) events_.note(text);
  }

  void resume() {
    const NewestCheckpoint newest = find_newest_checkpoint(checkpoints_);
    for (const std::string& skipped : newest.skipped) note("a checkpoint was skipped: " + skipped);
    if (!newest.checkpoint) return note("there is no checkpoint: it begins anew");
    const std::filesystem::path& path = newest.checkpoint->path;
    const std::string hash = state_.recipe_hash;
    state_ = load_checkpoint(path, tensors());
    if (state_.recipe_hash != hash) {
      throw Error(ErrorCategory::invalid_argument, "cannot resume from", path.string(),
                  "it was made with a recipe that computes something else",
                  "undo the changes of the recipe, or begin anew in another output folder");
    }
    task_.part().publish(ctx_);
    task_.seek({.epoch = state_.epoch, .batch = state_.position});
    trainer_.set_steps(state_.step);
    saved_ = state_.step;
    note("goes on from step " + std::to_string(state_.step));
  }

  // Before anything is computed: a checkpoint, and the one that it replaces.
  void check_disk() {
    std::filesystem::create_directories(output_);
    const int64_t needed = 2 * checkpoint_bytes(tensors(), steps_) + 2 * task_.result_bytes();
    const auto free = static_cast<int64_t>(std::filesystem::space(output_).available);
    if (free >= needed) return;
    throw Error(ErrorCategory::io, "cannot train into", output_.string(),
                "two checkpoints and the result take " + std::to_string(needed >> 20) + " MiB, and " +
                    std::to_string(free >> 20) + " MiB are free",
                "make room there, or choose another output folder");
  }

  StepMetrics one_step() {
    const auto start = Clock::now();
    const Seen before = task_.seen();
    const StepResult result =
        trainer_.step(ctx_, [this](Context& c, int64_t, float factor) { return task_.next_loss(c, factor); });
    if (ema_) ema_->update(ctx_, task_.part().parameters());
    state_.step = trainer_.steps();
    state_.epoch = task_.position().epoch;
    state_.position = task_.position().batch;
    state_.losses.push_back(result.loss);
    const double seconds = std::chrono::duration<double>(Clock::now() - start).count();
    const Seen after = task_.seen();
    StepMetrics metrics{.step = state_.step,
                        .loss = result.loss,
                        .grad_norm = result.gradient_norm,
                        .learning_rate = result.learning_rate,
                        .memory_bytes = peak_bytes()};
    if (after.tokens > before.tokens)
      metrics.tokens_per_s = static_cast<double>(after.tokens - before.tokens) / seconds;
    if (after.images > before.images)
      metrics.images_per_s = static_cast<double>(after.images - before.images) / seconds;
    if (is_due(recipe_.validate_every) || state_.step == steps_) {
      enter(RunPhase::validating);
      metrics.validation_loss = task_.validation_loss(ctx_);
      enter(RunPhase::training);
    }
    return metrics;
  }

  // The largest so far. Pictures that are made in between count the arena's peak anew.
  int64_t peak_bytes() {
    peak_bytes_ = std::max({peak_bytes_, ctx_.arena()->use().total_peak_bytes, task_.sampling_peak_bytes()});
    return peak_bytes_;
  }

  void enter(RunPhase phase) const {
    if (events_.phase) events_.phase(phase);
  }

  bool is_due(int64_t every) const { return every > 0 && state_.step % every == 0; }

  void after_step() {
    peak_bytes();
    const RunWishes wishes = options_.wishes ? options_.wishes() : RunWishes{};
    if ((wishes.sample || is_due(recipe_.sample_every)) && events_.sample) {
      enter(RunPhase::sampling);
      events_.sample(state_.step);
      enter(RunPhase::training);
    }
    if (wishes.save || is_due(recipe_.checkpoint_every)) save();
    if (is_due(recipe_.save_every)) write_result(output_ / ("step-" + std::to_string(state_.step)));
  }

  void save() {
    enter(RunPhase::saving);
    const std::filesystem::path checkpoint =
        save_checkpoint(checkpoints_, tensors(), state_,
                        {.also = [this](const std::filesystem::path& folder) { write_result(folder); },
                         .also_bytes = task_.result_bytes()});
    rotate_checkpoints(checkpoints_,
                       {.count = 0, .budget_bytes = static_cast<int64_t>(recipe_.checkpoint_budget_gb * 1e9)});
    saved_ = state_.step;
    if (events_.saved) events_.saved(state_.step, checkpoint);
    enter(RunPhase::training);
  }

  // Averaged values, where there are some, are what others get.
  void write_result(const std::filesystem::path& folder) {
    if (ema_) ema_->swap(ctx_, task_.part().parameters());
    task_.write_result(ctx_, folder);
    if (ema_) ema_->swap(ctx_, task_.part().parameters());
  }

  Context& ctx_;
  const Recipe& recipe_;
  Task& task_;
  const RunEvents& events_;
  const RunOptions& options_;
  std::filesystem::path output_, checkpoints_;
  int64_t steps_;
  Trainer trainer_;
  std::optional<Ema> ema_;
  TrainingState state_;
  int64_t saved_ = -1;  // the step of the last checkpoint
  int64_t peak_bytes_ = 0;
};

}  // namespace

TrainerOptions trainer_options(const Recipe& recipe, int64_t steps) {
  TrainerOptions options;
  options.optimizer = optimizer_of(recipe);
  options.learning_rate = {.shape = shape_of(recipe.schedule),
                           .peak = recipe.learning_rate.value_or(1e-4),
                           .warmup_steps = warmup_steps(recipe, steps),
                           .total_steps = steps,
                           .decay_steps = decay_steps(recipe, steps),
                           .cycles = static_cast<double>(recipe.schedule_cycles),
                           .power = recipe.schedule_power};
  options.max_norm = recipe.clip;
  options.accumulation = recipe.accumulate;
  // Attention always computes its probabilities again.
  options.remake = recipe.recompute == Recompute::selective;
  options.recompute = recipe.recompute == Recompute::full;
  return options;
}

int64_t steps_of(const Recipe& recipe, const Task& task) {
  if (recipe.steps) return *recipe.steps;
  const int64_t batches = task.micro_batches_of(recipe.epochs.value_or(1));
  return std::max<int64_t>(1, (batches + recipe.accumulate - 1) / recipe.accumulate);
}

RunResult run_training(Context& ctx, const Recipe& recipe, Task& task, const RunEvents& events,
                       const RunOptions& options) {
  return Run(ctx, recipe, task, events, options).all();
}

}  // namespace diptych::train
