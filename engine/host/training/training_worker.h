// What the device's thread does for a training run: loads, trains, and lets others have the device between any two ops,
// so that an answer waits for an op and not for a step.
#pragma once

#include <atomic>
#include <functional>
#include <memory>
#include <mutex>
#include <optional>
#include <string>

#include "engine/api/training.h"
#include "engine/core/cancel.h"
#include "engine/host/jobs/compute_queue.h"
#include "engine/host/machine/memory_table.h"
#include "engine/host/machine/meter.h"
#include "engine/host/training/training_recipe.h"
#include "engine/model/registry.h"

namespace diptych::host {

// What others ask of a run; any thread.
struct TrainingControl {
  CancelToken cut;                        // ends it after its step, with a checkpoint
  CancelToken abort;                      // ends it at once
  std::atomic<bool> keep_result = false;  // of a cut run: what was learnt so far is its result
  std::atomic<bool> sample = false, save = false;
};

// What others hear of it, on the device's thread.
struct TrainingHooks {
  std::function<void(const std::string& phase)> phase;
  std::function<void(int64_t steps)> begun;  // everything is loaded; of the whole run
  std::function<void(const api::TrainingStep&)> step;
  std::function<void(const api::TrainingSample&)> sample;
  std::function<void(int64_t step, const std::filesystem::path&)> checkpoint;
  std::function<void(const api::TrainingNote&)> note;
};

struct TrainingOutcome {
  int64_t step = 0;
  bool finished = false;
  double seconds = 0;                       // computing, without what others had the device for
  std::optional<double> step_seconds = {};  // of steps alone
  std::optional<double> watts = {};
};

struct TrainingWorkerServices {
  std::shared_ptr<const ModelRegistry> registry;
  int threads = 0;
  ComputeQueue& queue;
  MemoryTable& memory;
  Meter& meter;
  std::function<std::optional<double>()> joules;
};

class TrainingWorker {
 public:
  explicit TrainingWorker(TrainingWorkerServices services) : services_(std::move(services)) {}

  // Goes on from the newest checkpoint in the output folder where `resume` is set. Error: whatever stops the run, with
  // its last checkpoint as it was; cancelled.
  TrainingOutcome run(const TrainingTarget& target, int64_t predicted_bytes, bool resume, TrainingControl& control,
                      const TrainingHooks& hooks);

  MemoryUse memory() const;  // any thread

 private:
  TrainingWorkerServices services_;
  mutable std::mutex mutex_;
  std::shared_ptr<Arena> arena_;  // of the run that is under way
};

}  // namespace diptych::host
