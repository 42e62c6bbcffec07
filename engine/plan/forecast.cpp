#include "engine/plan/forecast.h"

#include <algorithm>
#include <chrono>
#include <optional>
#include <utility>

#include "engine/core/context.h"
#include "engine/train/checkpoint.h"
#include "engine/train/ema.h"
#include "engine/train/run.h"
#include "engine/train/trainer.h"

namespace diptych::plan {
namespace {

using Clock = std::chrono::steady_clock;

// Batches differ in length: as many are looked at as take a moment.
constexpr int64_t most_steps_looked_at = 200;
constexpr auto time_to_look = std::chrono::milliseconds(800);

// Notes what stands in memory when there is most of it, and adds up how long each op takes at the roofline.
class PlanTracer final : public Tracer {
 public:
  PlanTracer(const Arena& arena, const MachineSpeed& speed) : arena_(arena), speed_(speed) {}

  void op(std::string_view, const Cost& cost) override {
    look();
    if (speed_.gflop_s <= 0 || speed_.bandwidth_gb_s <= 0) return;
    seconds_ += std::max(cost.flops / (speed_.gflop_s * 1e9), cost.bytes() / (speed_.bandwidth_gb_s * 1e9));
  }
  void look() {
    const MemoryUse use = arena_.use();
    if (use.total_bytes > at_peak_.total_bytes) at_peak_ = use;
  }
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
    return train::open_task(ctx, registry, recipe, base, kind).task;
  };
}

TrainingForecast forecast_training(const OpenTask& open, const train::Recipe& recipe, const MachineSpeed& speed,
                                   const CancelToken& cancel) {
  TrainingForecast forecast;
  Context ctx(meta_device, 1);
  ctx.cancel = cancel;
  const std::unique_ptr<train::Task> task = open(ctx, recipe);
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

  const auto begin = Clock::now();
  const Cost before = ctx.cost();
  int64_t steps = 0;
  do {
    trainer.step(ctx, [&](Context& c, int64_t, float factor) { return task->next_loss(c, factor); });
    if (ema) ema->update(ctx, task->part().parameters());
    ++steps;
  } while (steps < std::min(forecast.steps, most_steps_looked_at) && Clock::now() - begin < time_to_look);
  const auto count = static_cast<double>(steps);
  forecast.step_cost = divided(ctx.cost() - before, count);
  forecast.roofline_step_s = tracer.seconds() / count;
  forecast.tokens_per_step = static_cast<double>(task->seen().tokens) / count;
  forecast.images_per_step = static_cast<double>(task->seen().images) / count;
  if (recipe.validate_every > 0) task->validation_loss(ctx);
  tracer.look();

  const int64_t peak = ctx.arena()->use().total_peak_bytes;
  share_out_peak(forecast, tracer.at_peak(), peak, peak > loading_peak ? Owner::activations : Owner::workspace);
  return forecast;
}

double usual_slowdown(train::BaseKind kind) {
  return kind == train::BaseKind::text ? 2.0 : 2.0;
}

}  // namespace diptych::plan
