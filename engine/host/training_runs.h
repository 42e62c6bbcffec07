// Training runs: their states, the order in which they wait, and what is asked of them while they run.
//
// A run outlives its jobs: each time that it is given to the device it gets one. One run at a time has the device; the
// others wait. Runs that waited when the host ended wait again with the next one; a run that was cut is interrupted,
// and goes on from its last checkpoint when it is resumed.
#pragma once

#include <deque>
#include <functional>
#include <map>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <vector>

#include "engine/api/training.h"
#include "engine/host/jobs.h"
#include "engine/host/training_planner.h"
#include "engine/host/training_worker.h"

namespace diptych::host {

struct TrainingRunsServices {
  ComputeQueue& queue;
  JobBoard& jobs;
  WriteQueue& writer;
  Reader& reader;
  ModelManager& models;
  TrainingPlanner& planner;
  TrainingWorker& worker;
  std::function<void(int64_t bytes)> make_room;  // by what is loaded and not used
  std::function<void(const api::TrainingRun&)> changed;
  std::function<void(const std::string& id)> removed;
};

class TrainingRuns {
 public:
  explicit TrainingRuns(TrainingRunsServices services);  // reads them; those that waited begin to wait again

  // Error: as the recipe's and the planner's; out_of_memory and io where it does not fit.
  api::TrainingRun start(const api::Json& recipe, const std::string& name);
  api::TrainingRun resume(const std::string& id);
  api::TrainingRun pause(const std::string& id);
  api::TrainingRun stop(const std::string& id);
  api::TrainingRun sample(const std::string& id);
  api::TrainingRun save(const std::string& id);
  api::TrainingRun patch(const std::string& id, const api::TrainingRunPatch& patch);
  void cancel(const std::string& job);  // as the list of jobs does: the run pauses

  api::TrainingRuns list(bool deleted) const;
  api::TrainingRun get(const std::string& id) const;  // Error (not_found)
  api::TrainingResults results() const;

  // Runs whose time is over go, with their folders where those are the host's own.
  void prune(int64_t now_ms);

  // At the host's end: the running one is cut after its step, or at once where that takes longer than `patience`.
  void cut();
  void abort();

 private:
  struct Live {
    api::TrainingRun run;
    TrainingTarget target;  // of one that waits or runs
    std::shared_ptr<Job> job;
    std::shared_ptr<TrainingControl> control;
    bool resumes = false;
    SteadyClock::time_point told{}, kept{};
  };
  using LivePtr = std::shared_ptr<Live>;

  [[noreturn]] static void refuse_state(const api::TrainingRun& run, const char* what, const std::string& to_do);
  LivePtr find(const std::string& id) const;  // with mutex_ held; Error (not_found)
  void write(const api::TrainingRun& run);
  void change(const LivePtr& live, const std::function<void(api::TrainingRun&)>& what, bool at_once = true);

  // training_run_jobs.cpp
  void enqueue(const LivePtr& live, bool resumes);
  void next();
  void execute(const LivePtr& live);
  TrainingHooks hooks_for(const LivePtr& live);
  void end(const LivePtr& live, const std::optional<TrainingOutcome>& outcome,
           const std::optional<api::ErrorInfo>& error);
  api::TrainingRun ask(const std::string& id, const std::function<void(Live&)>& what);
  api::TrainingRun cut_short(const std::string& id, bool keep_result);

  TrainingRunsServices services_;
  mutable std::mutex mutex_;
  std::map<std::string, LivePtr> runs_;  // ids sort by time
  std::deque<LivePtr> waiting_;
  LivePtr running_;
  bool stopping_ = false;
};

}  // namespace diptych::host
