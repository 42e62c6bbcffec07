#include "app/cli/training_room.h"

#include "app/cli/finetune_tasks.h"
#include "engine/core/gigabytes.h"
#include "engine/plan/room.h"
#include "engine/telemetry/memory.h"
#include "engine/train/text_task.h"

namespace diptych::cli {
namespace {

// What the program takes beside the arena: its code, libraries, tokenizers.
constexpr int64_t beside_arena_bytes = int64_t{50} << 20;

int64_t free_memory(double limit_gb) {
  if (limit_gb > 0) return static_cast<int64_t>(limit_gb * 1e9);
  return telemetry::read_system_memory().available_bytes - beside_arena_bytes;
}

}  // namespace

void check_room(const ModelRegistry& registry, const train::Recipe& recipe, const TrainingBase& base,
                const train::TaskData& data, double limit_gb, bool resumed, const CancelToken& cancel) {
  const plan::OpenTask open = [&](Context& ctx, const train::Recipe& of) {
    return train::open_task(ctx, registry, of, base.path, base.kind, {}, {.data = data});
  };
  const plan::TrainingForecast forecast = plan::forecast_training(open, recipe, {}, cancel);
  const std::filesystem::path output = train::resolved(recipe, recipe.output);
  say("predicted: " + gigabytes(forecast.memory_bytes) + " of memory, " +
      gigabytes(plan::disk_bytes_of(recipe, forecast)) + " of disk");
  const int64_t memory = free_memory(limit_gb);
  if (forecast.memory_bytes > memory) {
    const plan::OpenTask reading =
        plan::task_opener(registry, base.path, base.kind);  // alternatives cut data otherwise
    plan::require_memory(recipe.base, forecast.memory_bytes, memory,
                         plan::advice_for(reading, recipe, base.kind, memory, cancel));
  }
  const int64_t least = plan::least_disk_bytes(forecast) - (resumed ? forecast.checkpoint_bytes : 0);
  plan::require_disk(output.string(), least, plan::free_disk_bytes(output));
}

}  // namespace diptych::cli
