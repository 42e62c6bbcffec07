// What a recipe will take here: its forecast on meta against this machine's memory, disk, speed and power.
#pragma once

#include <functional>
#include <map>
#include <memory>
#include <mutex>
#include <string>

#include "engine/api/training_plan.h"
#include "engine/host/store/write_queue.h"
#include "engine/host/training/training_bases.h"
#include "engine/host/training/training_recipe.h"
#include "engine/host/training/training_store.h"
#include "engine/plan/forecast.h"
#include "engine/telemetry/memory.h"

namespace diptych::host {

class Reader;

struct TrainingPlannerServices {
  std::shared_ptr<const ModelRegistry> registry;
  TrainingBases& bases;
  WriteQueue& writer;
  Reader& reader;
  std::function<int64_t()> free_bytes;  // what a run may take
  std::function<telemetry::SystemMemory()> memory;
  std::function<Roofline()> roofline;
  std::function<std::optional<double>()> user_watts;
};

class TrainingPlanner {
 public:
  explicit TrainingPlanner(TrainingPlannerServices services) : services_(std::move(services)) {}

  // Any thread; takes a second or two with alternatives. Error: as plan::forecast_training.
  api::TrainingPlan plan(const TrainingTarget& target, bool alternatives);

  // Error (out_of_memory, io) where memory or disk do not suffice: what is needed, what is free, what to do.
  void refuse_if_too_large(const TrainingTarget& target, const api::TrainingPlan& plan);

  // After a run: how it went, for the next plans of this base and method.
  void measured(const TrainingTarget& target, double seconds_per_step, std::optional<double> watts);

 private:
  std::string speeds_name(const TrainingTarget& target) const;
  TrainingSpeeds speeds_of(const TrainingTarget& target);
  plan::TrainingForecast forecast(const TrainingTarget& target);
  double roofline_step_s(const TrainingTarget& target);
  std::vector<api::PlanAlternative> alternatives_for(const TrainingTarget& target, const api::TrainingPlan& plan);

  TrainingPlannerServices services_;
  std::mutex mutex_;
  std::map<std::string, double> roofline_step_s_;  // of recipes that were planned, by timing_key()
};

}  // namespace diptych::host
