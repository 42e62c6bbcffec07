// Fine-tuning in the host: its parts, and their endpoints.
#pragma once

#include <functional>
#include <memory>
#include <optional>
#include <string>

#include "engine/core/parallel.h"
#include "engine/host/chat/completions.h"
#include "engine/host/http/router.h"
#include "engine/host/images/image_jobs.h"
#include "engine/host/training/training_export.h"
#include "engine/host/training/training_runs.h"

namespace diptych::host {

struct TrainingServices {
  std::shared_ptr<const ModelRegistry> registry;
  int threads = 0;
  ComputeQueue& queue;
  JobBoard& jobs;
  WriteQueue& writer;
  Reader& reader;
  ModelManager& models;
  MemoryTable& memory;
  Meter& meter;
  Completions& completions;
  ImageJobs* images;  // or null: no image models
  std::function<api::HostSettings()> settings;
  std::function<Roofline()> roofline;
  std::function<std::optional<double>()> joules;
  std::function<telemetry::SystemMemory()> system_memory;
  std::function<int64_t()> unused_bytes;         // of what is loaded and not used …
  std::function<void(int64_t bytes)> make_room;  // … and unloads it where that is needed
  std::function<void(const char* type, const api::Json& data)> publish;
};

class Training {
 public:
  explicit Training(TrainingServices services);

  void add_routes(Router& router);
  void cancel(const std::string& job) { runs_.cancel(job); }
  MemoryUse memory() const { return worker_.memory(); }
  void prune(int64_t time_ms) { runs_.prune(time_ms); }
  void cut() { runs_.cut(); }
  void abort() { runs_.abort(); }

 private:
  void add_planning_routes(Router& router);
  void add_run_routes(Router& router);
  void add_result_routes(Router& router);
  TrainingTarget target_of(const api::RecipeBody& body);
  api::GoalPresets presets(const api::RecipeBody& body);
  api::TrainingResult result_of(const api::TrainingRun& run, const std::string& path) const;
  api::KeptWord keep(const api::TrainingRun& run, const api::KeepBody& body) const;
  api::CompareStarted compare(const api::TrainingRun& run, const api::CompareBody& body);

  TrainingServices services_;
  ThreadPool pool_;  // of reading data, on connections' threads
  std::mutex pool_mutex_;
  TrainingBases bases_;
  TrainingPlanner planner_;
  TrainingWorker worker_;
  TrainingExports exports_;
  TrainingRuns runs_;
};

}  // namespace diptych::host
