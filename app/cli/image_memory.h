// Image models loaded such that a run fits into memory: predicted before anything is read.
#pragma once

#include <functional>

#include "app/cli/common.h"
#include "engine/diffusion/memory_plan.h"
#include "engine/io/library/model_ref.h"

namespace diptych::cli {

struct ImageMemoryOptions {
  bool low_memory = false;  // everything that saves memory
  bool tiled_vae = false;
  double limit_gb = 0;  // 0: what is free

  void add_to(CLI::App& command);
};

struct PlannedModel {
  diffusion::ImageModel model;
  diffusion::ImageRequest request;  // with what the plan saves, equipped
  diffusion::MemoryPlan plan;
  int64_t loading_peak_bytes = 0;  // of the arena
};

// What is asked of a model, in parts, as each may be needed on meta and on the device.
struct PlannedRun {
  // The request, when the model is known (on meta).
  std::function<diffusion::ImageRequest(const diffusion::ImageModel&)> complete;
  // Of it the one that needs as much memory as all that will be run.
  std::function<diffusion::ImageRequest(const diffusion::ImageModel&, const diffusion::ImageRequest&)> largest;
  // See diffusion::MemoryQuestion.
  std::function<void(Context&, diffusion::ImageModel&, const diffusion::ImageStreaming&, diffusion::ImageRequest&)>
      equip;
};

// Where memory is saved the context gets the limit. Says on stderr what is saved though nobody asked for it. Error as
// diffusion::plan_memory and load_image_model.
PlannedModel load_planned(Context& ctx, const ModelRef& ref, const ImageMemoryOptions& options, const PlannedRun& run);

}  // namespace diptych::cli
