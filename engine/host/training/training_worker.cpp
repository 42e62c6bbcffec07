#include "engine/host/training/training_worker.h"

#include <cmath>
#include <future>
#include <utility>

#include "engine/core/error.h"
#include "engine/host/http/errors.h"
#include "engine/host/machine/clock.h"
#include "engine/host/training/training_samples.h"
#include "engine/io/files/atomic_file.h"
#include "engine/train/runs/run.h"
#include "engine/train/text_task.h"

namespace diptych::host {
namespace {

double seconds_since(SteadyClock::time_point then) {
  return std::chrono::duration<double>(SteadyClock::now() - then).count();
}

// Hears of every op: others have the device between two of them, and what was computed is counted.
class SharingTracer final : public Tracer {
 public:
  SharingTracer(ComputeQueue& queue, Meter& meter) : queue_(queue), meter_(meter) {}
  ~SharingTracer() override { count(); }

  void op(std::string_view, const Cost& cost) override {
    away_s += queue_.run_waiting();
    pending_ += cost;
    if (++ops_ % 64 == 0) count();
  }
  void count() { meter_.add(0, std::exchange(pending_, {})); }

  double away_s = 0;  // that others had the device

 private:
  ComputeQueue& queue_;
  Meter& meter_;
  Cost pending_;
  int ops_ = 0;
};

// What is no op (reading weights and data) is done on a thread of its own, while others have the device.
template <typename F>
auto beside(ComputeQueue& queue, F work) {
  auto done = std::async(std::launch::async, std::move(work));
  while (done.wait_for(std::chrono::milliseconds(2)) != std::future_status::ready) queue.run_waiting();
  return done.get();
}

const char* phase_name(train::RunPhase phase) {
  switch (phase) {
    case train::RunPhase::validating:
      return "validating";
    case train::RunPhase::sampling:
      return "sampling";
    case train::RunPhase::saving:
      return "saving";
    case train::RunPhase::training:
      break;
  }
  return "training";
}

// How long steps take, and how long is left.
class StepClock {
 public:
  explicit StepClock(const SharingTracer& tracer) : tracer_(tracer) {}

  void enter(bool training) {
    const double now = seconds_since(begin_) - tracer_.away_s;
    if (training_) in_steps_s_ += now - since_s_;
    training_ = training;
    since_s_ = now;
  }
  // Others' share is part of what is waited for.
  std::optional<double> left(int64_t step, int64_t steps) {
    if (first_step_ < 0) {
      first_step_ = step;
      first_at_ = SteadyClock::now();
      return std::nullopt;
    }
    return seconds_since(first_at_) / static_cast<double>(step - first_step_) * static_cast<double>(steps - step);
  }
  std::optional<double> step_seconds(int64_t steps_done) const {
    if (steps_done <= 0) return std::nullopt;
    return in_steps_s_ / static_cast<double>(steps_done);
  }
  double own_seconds() const { return seconds_since(begin_) - tracer_.away_s; }

 private:
  const SharingTracer& tracer_;
  SteadyClock::time_point begin_ = SteadyClock::now(), first_at_{};
  bool training_ = false;
  double since_s_ = 0, in_steps_s_ = 0;
  int64_t first_step_ = -1;
};

api::TrainingStep step_of(const train::StepMetrics& metrics, int64_t steps) {
  const auto finite = [](double value) { return std::isfinite(value) ? std::optional(value) : std::nullopt; };
  api::TrainingStep step;
  step.step = metrics.step;
  step.steps = steps;
  step.loss = finite(metrics.loss);
  step.grad_norm = finite(metrics.grad_norm);
  step.learning_rate = metrics.learning_rate;
  step.tokens_per_s = metrics.tokens_per_s;
  step.images_per_s = metrics.images_per_s;
  step.memory_bytes = metrics.memory_bytes;
  step.validation_loss = metrics.validation_loss;
  return step;
}

// The arena is looked at by others while the run lasts.
class Shown {
 public:
  Shown(std::mutex& mutex, std::shared_ptr<Arena>& slot, std::shared_ptr<Arena> arena) : mutex_(mutex), slot_(slot) {
    set(std::move(arena));
  }
  ~Shown() { set(nullptr); }
  Shown(const Shown&) = delete;
  Shown& operator=(const Shown&) = delete;

 private:
  void set(std::shared_ptr<Arena> arena) {
    const std::lock_guard lock(mutex_);
    slot_ = std::move(arena);
  }
  std::mutex& mutex_;
  std::shared_ptr<Arena>& slot_;
};

}  // namespace

MemoryUse TrainingWorker::memory() const {
  const std::lock_guard lock(mutex_);
  return arena_ ? arena_->use() : MemoryUse{};
}

TrainingOutcome TrainingWorker::run(const TrainingTarget& target, int64_t predicted_bytes, bool resume,
                                    TrainingControl& control, const TrainingHooks& hooks) {
  control.abort.throw_if_cancelled();
  Context ctx(cpu_device, services_.threads);
  ctx.cancel = control.abort;
  const Shown shown(mutex_, arena_, ctx.arena());
  const auto arena = ctx.arena();
  const MemoryTable::Claim claim =
      services_.memory.claim(MemoryUser::training, predicted_bytes, [arena] { return arena->use().total_bytes; });
  SharingTracer tracer(services_.queue, services_.meter);
  StepClock clock(tracer);

  hooks.phase(target.kind == train::BaseKind::image ? "data" : "loading");
  const std::optional<double> joules_before = services_.joules();
  LoadOptions load;
  load.cancel = control.abort;
  load.progress = [&](double done) {
    if (target.kind == train::BaseKind::image) return hooks.phase("loading");
    if (done >= 1) hooks.phase("data");
  };
  const train::OpenedTask opened = beside(services_.queue, [&] {
    return train::open_task(ctx, *services_.registry, target.recipe, target.path, target.kind, load,
                            {.encoding = [&](double) { hooks.phase("encoding"); }});
  });
  train::Task& task = *opened.task;
  ctx.tracer = &tracer;
  const int64_t steps = train::steps_of(target.recipe, task);
  hooks.begun(steps);

  const std::filesystem::path output = train::resolved(target.recipe, target.recipe.output);
  std::unique_ptr<TrainingSampler> samples;
  if (!target.recipe.sample_prompts.empty()) {
    hooks.phase("sampling");
    make_folder(output);
    samples = opened.text != nullptr ? text_sampler(ctx, opened.text->base(), target.recipe, output)
                                     : picture_sampler(ctx, *opened.image_base, target.recipe, output);
    samples->keep_baseline();
  }

  int64_t first_step = -1, last_step = 0, most_bytes = 0;
  train::RunEvents events;
  events.note = [&](const std::string& text) { hooks.note({text, {}}); };
  events.phase = [&](train::RunPhase phase) {
    clock.enter(phase == train::RunPhase::training);
    hooks.phase(phase_name(phase));
  };
  events.step = [&](const train::StepMetrics& metrics, int64_t all) {
    if (first_step < 0) first_step = metrics.step;
    last_step = metrics.step;
    api::TrainingStep step = step_of(metrics, all);
    // Pictures that were made in between have begun to count anew.
    most_bytes = step.memory_bytes = std::max(most_bytes, step.memory_bytes);
    step.predicted_memory_bytes = predicted_bytes;
    step.seconds_left = clock.left(metrics.step, all);
    hooks.step(step);
  };
  // A picture or text that cannot be made is no reason to lose a run.
  events.sample = [&](int64_t step) {
    if (!samples) return hooks.note({"there is nothing to sample: the recipe has no sample_prompts", {}});
    try {
      samples->take(step, hooks.sample);
    } catch (const Error& error) {
      if (error.category() == ErrorCategory::cancelled) throw;
      hooks.note({"samples of step " + std::to_string(step) + " could not be made", describe(error)});
    }
  };
  events.saved = hooks.checkpoint;
  train::RunOptions options;
  options.resume = resume;
  options.cancel = control.cut;
  options.wishes = [&] {
    return train::RunWishes{.save = control.save.exchange(false), .sample = control.sample.exchange(false)};
  };
  options.keep_result = [&] { return control.keep_result.load(); };
  const train::RunResult result = train::run_training(ctx, target.recipe, task, events, options);

  clock.enter(false);
  TrainingOutcome outcome{.step = result.steps, .finished = result.finished};
  outcome.seconds = clock.own_seconds();
  outcome.step_seconds = clock.step_seconds(first_step < 0 ? 0 : last_step - first_step + 1);
  const std::optional<double> joules_after = services_.joules();
  if (joules_before && joules_after && outcome.seconds > 0) {
    outcome.watts = (*joules_after - *joules_before) / outcome.seconds;
  }
  ctx.tracer = nullptr;
  return outcome;
}

}  // namespace diptych::host
