// Downloads of catalogue models, each a job on a thread of its own.
#pragma once

#include <functional>
#include <map>
#include <mutex>
#include <string>
#include <thread>
#include <vector>

#include "engine/api/model.h"
#include "engine/host/jobs/jobs.h"

namespace diptych::host {

class ModelFetches {
 public:
  ModelFetches(JobBoard& jobs, std::function<void()> library_changed)
      : jobs_(jobs), library_changed_(std::move(library_changed)) {}
  ~ModelFetches();  // cancels and waits

  std::string start(
      const std::string& name);  // the job; the running one where it is fetched already. Error (not_found)
  std::vector<api::CatalogueModel> catalogue() const;
  void cancel_all();

 private:
  JobBoard& jobs_;
  std::function<void()> library_changed_;
  mutable std::mutex mutex_;
  std::map<std::string, std::shared_ptr<Job>> running_;
  std::vector<std::thread> threads_;
};

}  // namespace diptych::host
