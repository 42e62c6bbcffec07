#include "engine/plan/forecast.h"

#include <algorithm>
#include <limits>
#include <optional>
#include <utility>

#include "engine/core/context.h"
#include "engine/train/image/sample_picture.h"
#include "engine/train/optimizers/ema.h"
#include "engine/train/runs/checkpoint.h"
#include "engine/train/runs/run.h"
#include "engine/train/runs/trainer.h"

namespace diptych::plan {
namespace {

// Batches differ in length: as many are looked at as take a moment, counted in ops, so that the same recipe always
// comes to the same.
constexpr int64_t most_steps_looked_at = 200;
constexpr int64_t ops_to_look = 40'000, ops_to_validate = 10'000;

struct LookedEnough {};  // thrown by the tracer behind its limit

// Notes what stands in memory when there is most of it, and adds up how long each op takes at the roofline.
class PlanTracer final : public Tracer {
 public:
  PlanTracer(const Arena& arena, const MachineSpeed& speed) : arena_(arena), speed_(speed) {}

  void op(std::string_view, const Cost& cost) override {
    look();
    if (++ops > limit) throw LookedEnough{};
    if (speed_.gflop_s <= 0 || speed_.bandwidth_gb_s <= 0) return;
    const double int8_gop_s = speed_.int8_gop_s > 0 ? speed_.int8_gop_s : speed_.gflop_s;
    const double computing = (cost.flops - cost.int8_flops) / speed_.gflop_s + cost.int8_flops / int8_gop_s;
    seconds_ += std::max(computing, cost.bytes() / speed_.bandwidth_gb_s) / 1e9;
  }
  void look() {
    const MemoryUse use = arena_.use();
    if (use.total_bytes > at_peak_.total_bytes) at_peak_ = use;
  }
  int64_t ops = 0, limit = std::numeric_limits<int64_t>::max();

  double seconds() const { return seconds_; }
  const MemoryUse& at_peak() const { return at_peak_; }

 private:
  const Arena& arena_;
  MachineSpeed speed_;
  double seconds_ = 0;
  MemoryUse at_peak_;
};

struct Traced {
  Traced(Context& context, Tracer& tracer) : ctx(context) { ctx.tracer = &tracer; }
  ~Traced() { ctx.tracer = nullptr; }
  Traced(const Traced&) = delete;
  Traced& operator=(const Traced&) = delete;
  Context& ctx;
};

// An op's results are taken behind its declaration, so what was seen last lacks those of one op.
void share_out_peak(TrainingForecast& forecast, const MemoryUse& seen, int64_t peak_bytes, Owner missing) {
  forecast.memory_bytes = peak_bytes;
  forecast.owner_bytes = seen.bytes;
  forecast.owner_bytes[static_cast<size_t>(missing)] += std::max<int64_t>(0, peak_bytes - seen.total_bytes);
}

// All that is held out has the same shapes, more or less.
void look_at_validation(Context& ctx, const train::Recipe& recipe, train::Task& task, PlanTracer& tracer) {
  if (recipe.validate_every == 0) return;
  tracer.limit = tracer.ops + ops_to_validate;
  try {
    task.validation_loss(ctx);
  } catch (const LookedEnough&) {
    // the longest may be among those that were not looked at
  }
  tracer.limit = std::numeric_limits<int64_t>::max();
}

// Of pictures that are made in between, with encoders and denoiser in memory. They count their peaks anew.
int64_t sampling_peak(Context& ctx, const train::Recipe& recipe, const train::OpenedTask& opened) {
  if (opened.image == nullptr || recipe.sample_prompts.empty()) return 0;
  const std::string& longest = *std::ranges::max_element(recipe.sample_prompts, {}, &std::string::size);
  const int64_t peak = train::sample_picture(ctx, *opened.image_base, recipe, longest).peak_bytes();
  opened.image_base->release_encoders(ctx);
  return peak;
}

Cost divided(Cost cost, double by) {
  for (double* part : {&cost.flops, &cost.int8_flops, &cost.weight_bytes, &cost.read_bytes, &cost.written_bytes,
                       &cost.communicated_bytes}) {
    *part /= by;
  }
  return cost;
}

}  // namespace

OpenTask task_opener(const ModelRegistry& registry, std::filesystem::path base, train::BaseKind kind) {
  return [&registry, base = std::move(base), kind](Context& ctx, const train::Recipe& recipe) {
    return train::open_task(ctx, registry, recipe, base, kind);
  };
}

TrainingForecast forecast_training(const OpenTask& open, const train::Recipe& recipe, const MachineSpeed& speed,
                                   const CancelToken& cancel) {
  TrainingForecast forecast;
  Context ctx(meta_device, 1);
  ctx.cancel = cancel;
  const train::OpenedTask opened = open(ctx, recipe);
  train::Task* const task = opened.task.get();
  PlanTracer tracer(*ctx.arena(), speed);
  tracer.look();
  const int64_t loading_peak = ctx.arena()->use().total_peak_bytes;
  const Traced traced(ctx, tracer);

  forecast.steps = train::steps_of(recipe, *task);
  train::Trainer trainer(ctx, task->part(), train::trainer_options(recipe, forecast.steps));
  std::optional<train::Ema> ema;
  if (recipe.ema > 0) ema.emplace(ctx, task->part().parameters(), recipe.ema);
  for (const train::Parameter& parameter : task->part().parameters())
    forecast.trained_parameters += parameter.value.elements();
  forecast.checkpoint_bytes =
      train::checkpoint_bytes(
          {.parameters = &task->part().parameters(), .optimizer = &trainer.optimizer(), .ema = ema ? &*ema : nullptr},
          forecast.steps) +
      task->result_bytes();
  forecast.result_bytes = task->result_bytes();

  const Cost before = ctx.cost();
  int64_t steps = 0;
  do {
    trainer.step(ctx, [&](Context& c, int64_t, float factor) { return task->next_loss(c, factor); });
    if (ema) ema->update(ctx, task->part().parameters());
    ++steps;
  } while (steps < std::min(forecast.steps, most_steps_looked_at) && tracer.ops < ops_to_look);
  const auto count = static_cast<double>(steps);
  forecast.step_cost = divided(ctx.cost() - before, count);
  forecast.roofline_step_s = tracer.seconds() / count;
  forecast.tokens_per_step = static_cast<double>(task->seen().tokens) / count;
  forecast.images_per_step = static_cast<double>(task->seen().images) / count;
  look_at_validation(ctx, recipe, *task, tracer);
  int64_t peak = ctx.arena()->use().total_peak_bytes;
  peak = std::max(peak, sampling_peak(ctx, recipe, opened));
  tracer.look();
  share_out_peak(forecast, tracer.at_peak(), peak, peak > loading_peak ? Owner::activations : Owner::workspace);
  return forecast;
}

// docs/benchmarks.md against what is declared there, two threads. SmolLM2-135M: LoRA at 294 tokens/s takes 0.94 times,
// all weights at 189 1.04 times, QLoRA at 277 0.93 times its time at the roofline. A UNet's forward reaches 59 % of it.
double usual_slowdown(train::BaseKind kind) {
  return kind == train::BaseKind::text ? 1.0 : 1.7;
}

}  // namespace diptych::plan
