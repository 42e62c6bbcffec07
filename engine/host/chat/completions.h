// The OpenAI-compatible endpoints.
#pragma once

#include <memory>
#include <string>

#include "engine/api/openai.h"
#include "engine/host/http/http.h"
#include "engine/host/jobs/compute_queue.h"
#include "engine/host/jobs/jobs.h"
#include "engine/host/machine/meter.h"
#include "engine/host/models/model_manager.h"

namespace diptych::host {

class CompletionRun;

class Completions {
 public:
  Completions(ComputeQueue& queue, JobBoard& jobs, ModelManager& models, Meter& meter)
      : queue_(queue), jobs_(jobs), models_(models), meter_(meter) {}

  HttpResponse complete(const api::CompletionRequest& request);
  // Writes it as a job: events "grew", result {"text", "thinking", "metrics"}. Returns the job's id.
  std::string start(const api::CompletionRequest& request, const std::string& title);

  // At the host's end.
  void cancel_all();

 private:
  std::shared_ptr<CompletionRun> begin(const api::CompletionRequest& request, const std::string& title, bool told);

  ComputeQueue& queue_;
  JobBoard& jobs_;
  ModelManager& models_;
  Meter& meter_;
};

}  // namespace diptych::host
