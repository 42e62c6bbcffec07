// What runs made, for other programs: adapters in their formats, and models with an adapter merged in. Each export is a
// job on a thread of its own.
#pragma once

#include <filesystem>
#include <memory>
#include <mutex>
#include <string>
#include <thread>
#include <vector>

#include "engine/api/training.h"
#include "engine/host/jobs/jobs.h"
#include "engine/model/registry.h"

namespace diptych::host {

class TrainingExports {
 public:
  TrainingExports(std::shared_ptr<const ModelRegistry> registry, JobBoard& jobs)
      : registry_(std::move(registry)), jobs_(jobs) {}
  ~TrainingExports();  // cuts what is being written; files appear whole or not

  // The job's id. Error: invalid_argument (no such folder, something of this name is there), unsupported.
  std::string start(const api::TrainingRun& run, const api::TrainingResult& result, const api::ExportBody& body);

 private:
  struct Running {
    std::shared_ptr<Job> job;
    std::thread thread;
  };
  std::shared_ptr<const ModelRegistry> registry_;
  JobBoard& jobs_;
  std::mutex mutex_;
  std::vector<Running> running_;
};

// Writes it; the path that was written. Error: as engine/train's exports, which read back what they wrote.
std::filesystem::path export_result(const ModelRegistry& registry, const api::TrainingRun& run,
                                    const api::TrainingResult& result, const api::ExportBody& body,
                                    const CancelToken& cancel);

}  // namespace diptych::host
