// The OpenAI-compatible endpoints.
#pragma once

#include <memory>

#include "engine/api/openai.h"
#include "engine/host/compute_queue.h"
#include "engine/host/http.h"
#include "engine/host/jobs.h"
#include "engine/host/meter.h"
#include "engine/host/model_manager.h"

namespace diptych::host {

class Completions {
 public:
  Completions(ComputeQueue& queue, JobBoard& jobs, ModelManager& models, Meter& meter)
      : queue_(queue), jobs_(jobs), models_(models), meter_(meter) {}

  HttpResponse complete(const api::CompletionRequest& request);

  // At the host's end.
  void cancel_all();

 private:
  ComputeQueue& queue_;
  JobBoard& jobs_;
  ModelManager& models_;
  Meter& meter_;
};

}  // namespace diptych::host
