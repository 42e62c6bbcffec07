#include "engine/host/training/training_planner.h"

#include <algorithm>
#include <cstdio>

#include "engine/core/error.h"
#include "engine/host/http/streams.h"
#include "engine/plan/alternatives.h"
#include "engine/plan/room.h"
#include "engine/train/data/recipe_names.h"

namespace diptych::host {
namespace {

struct PlannedTime {
  double step_s = 0;
  bool learned = false;  // from a run of this base here
};

api::Reading time_reading(const PlannedTime& time, double factor) {
  if (time.step_s <= 0) {
    return api::unreadable("the speed of this machine is measured when a model is loaded and it is quiet for a moment");
  }
  return api::reading(time.step_s * factor, api::Known::estimated,
                      time.learned
                          ? "declared operations and bytes, at the speed of the last run of this base"
                          : "declared operations and bytes over the measured roofline, at the usual share of it");
}

// Of recipes that take as long: the hash is also that of those which come to the same numbers in another time.
std::string timing_key(const train::Recipe& recipe) {
  std::string key = train::recipe_hash(recipe) + " " + std::string(train::name_of(recipe.recompute));
  if (recipe.resident_gb) key += " " + std::to_string(*recipe.resident_gb);
  return key;
}

// Its inverse, in what a step has of something.
api::Reading rate_reading(const PlannedTime& time, double amount_per_step) {
  if (amount_per_step <= 0) return api::unreadable("it does not apply");
  api::Reading reading = time_reading(time, 1);
  if (reading.value) reading.value = amount_per_step / *reading.value;
  return reading;
}

api::Reading energy_reading(const api::Reading& seconds, const TrainingSpeeds& speeds,
                            std::optional<double> user_watts) {
  if (!seconds.value) return seconds;
  if (speeds.watts > 0) {
    return api::reading(*seconds.value * speeds.watts, api::Known::estimated,
                        "predicted time, at the power of the last run of this base");
  }
  if (user_watts) {
    return api::reading(*seconds.value * *user_watts, api::Known::estimated,
                        "predicted time, at the watts you entered");
  }
  return api::unreadable("no counter of energy was readable in a run yet; enter the machine's watts in the settings");
}

}  // namespace

std::string TrainingPlanner::speeds_name(const TrainingTarget& target) const {
  return target.id + " " + train::name_of(target.recipe.method);
}

TrainingSpeeds TrainingPlanner::speeds_of(const TrainingTarget& target) {
  return services_.reader
      .read([&](Database& database) { return store::read_training_speeds(database, speeds_name(target)); })
      .value_or(TrainingSpeeds{});
}

plan::TrainingForecast TrainingPlanner::forecast(const TrainingTarget& target) {
  const Roofline roofline = services_.roofline();
  plan::TrainingForecast made = plan::forecast_training(
      plan::task_opener(*services_.registry, target.path, target.kind), target.recipe,
      {.gflop_s = roofline.gflop_s, .bandwidth_gb_s = roofline.bandwidth_gb_s, .int8_gop_s = roofline.int8_gop_s});
  const std::lock_guard lock(mutex_);
  roofline_step_s_[timing_key(target.recipe)] = made.roofline_step_s;
  return made;
}

double TrainingPlanner::roofline_step_s(const TrainingTarget& target) {
  {
    const std::lock_guard lock(mutex_);
    const auto known = roofline_step_s_.find(timing_key(target.recipe));
    if (known != roofline_step_s_.end() && known->second > 0) return known->second;
  }
  return services_.roofline().gflop_s > 0 ? forecast(target).roofline_step_s : 0;
}

api::TrainingPlan TrainingPlanner::plan(const TrainingTarget& target, bool alternatives) {
  const plan::TrainingForecast forecast = this->forecast(target);
  const TrainingSpeeds speeds = speeds_of(target);
  api::TrainingPlan plan;
  plan.kind = training_kind(target.kind);
  plan.memory_bytes = forecast.memory_bytes;
  for (size_t i = 0; i < owner_count; ++i) {
    const auto bytes = static_cast<double>(forecast.owner_bytes[i]);
    if (bytes > 0) plan.owners.push_back({owner_name(static_cast<Owner>(i)), bytes, bytes});
  }
  plan.capacity_bytes = services_.memory().total_bytes;
  plan.free_bytes = std::max<int64_t>(0, services_.free_bytes());
  plan.fits = plan.memory_bytes <= plan.free_bytes;
  plan.steps = forecast.steps;
  plan.trained_parameters = forecast.trained_parameters;
  const PlannedTime time{
      forecast.roofline_step_s * (speeds.slowdown > 0 ? speeds.slowdown : plan::usual_slowdown(target.kind)),
      speeds.slowdown > 0};
  plan.seconds_per_step = time_reading(time, 1);
  plan.seconds = time_reading(time, static_cast<double>(forecast.steps));
  plan.tokens_per_s = rate_reading(time, forecast.tokens_per_step);
  plan.images_per_s = rate_reading(time, forecast.images_per_step);
  plan.joules = energy_reading(plan.seconds, speeds, services_.user_watts());
  plan.result_bytes = forecast.result_bytes;
  plan.checkpoint_bytes = forecast.checkpoint_bytes;
  plan.disk_bytes = plan::disk_bytes_of(target.recipe, forecast);
  plan.disk_free_bytes = plan::free_disk_bytes(train::resolved(target.recipe, target.recipe.output));
  plan.fits_disk = plan.disk_bytes <= plan.disk_free_bytes;
  if (alternatives) plan.alternatives = alternatives_for(target, plan);
  if (!plan.fits) {
    const auto helps = std::ranges::find_if(plan.alternatives, &api::PlanAlternative::fits);
    plan.to_do = helps != plan.alternatives.end() ? helps->text : "close other programs or choose a smaller model";
  }
  return plan;
}

std::vector<api::PlanAlternative> TrainingPlanner::alternatives_for(const TrainingTarget& target,
                                                                    const api::TrainingPlan& plan) {
  const std::string twin = target.kind == train::BaseKind::text ? services_.bases.quantized_twin(target.id) : "";
  const api::Json before = recipe_json(target.recipe, target.id);
  std::vector<api::PlanAlternative> found;
  for (const plan::Alternative& alternative : plan::alternatives_to(target.recipe, target.kind, twin)) {
    TrainingTarget changed = target;
    changed.recipe = alternative.recipe;
    if (alternative.recipe.base == twin && !twin.empty()) {
      changed.id = twin;
      changed.path = services_.bases.get(twin).path;
      changed.recipe.base = changed.path.string();
    }
    try {
      api::TrainingPlan its = this->plan(changed, false);
      if (!plan.fits && its.fits && changed.recipe.resident_gb != target.recipe.resident_gb) {
        plan::keep_what_fits(changed.recipe, its.memory_bytes, plan.free_bytes, [&](const train::Recipe& recipe) {
          TrainingTarget more = changed;
          more.recipe = recipe;
          return forecast(more).memory_bytes;
        });
        its = this->plan(changed, false);
      }
      if (its.memory_bytes >= plan.memory_bytes) continue;
      api::PlanAlternative& one = found.emplace_back();
      one.name = alternative.name;
      one.text = alternative.text;
      one.cost = alternative.cost;
      one.changes = plan::merge_patch(before, recipe_json(changed.recipe, changed.id));
      one.memory_bytes = its.memory_bytes;
      one.fits = its.fits;
      one.seconds = its.seconds;
    } catch (const Error&) {
      // what this engine does not do with this base is no advice
    }
  }
  return found;
}

void TrainingPlanner::refuse_if_too_large(const TrainingTarget& target, const api::TrainingPlan& plan) {
  if (!plan.fits) {
    const api::TrainingPlan with = plan.alternatives.empty() ? this->plan(target, true) : plan;
    plan::require_memory(target.id, plan.memory_bytes, plan.free_bytes, with.to_do);
  }
  plan::require_disk(target.recipe.output, 2 * plan.checkpoint_bytes + plan.result_bytes, plan.disk_free_bytes);
}

void TrainingPlanner::measured(const TrainingTarget& target, double seconds_per_step, std::optional<double> watts) {
  TrainingSpeeds speeds = speeds_of(target);
  const double roofline_s = roofline_step_s(target);
  if (roofline_s > 0 && seconds_per_step > 0) speeds.slowdown = seconds_per_step / roofline_s;
  if (watts && *watts > 0) speeds.watts = *watts;
  services_.writer.post([name = speeds_name(target), speeds](Database& database) {
    store::write_training_speeds(database, name, speeds);
  });
}

}  // namespace diptych::host
