// Image models loaded such that a run fits into memory: predicted before anything is read.
#pragma once

#include <functional>

#include "app/cli/common.h"
#include "engine/diffusion/memory_plan.h"
#include "engine/io/model_ref.h"

namespace diptych::cli {

struct ImageMemoryOptions {
  bool low_memory = false;  // everything that saves memory
  bool tiled_vae = false;
  double limit_gb = 0;  // 0: what is free

  void add_to(CLI::App& command);
};

struct PlannedModel {
  diffusion::ImageModel model;
  diffusion::ImageRequest request;  // with what the plan saves
  diffusion::MemoryPlan plan;
};

// `complete` makes the request when the model is known (on meta), `largest` of it the one that needs as much memory as
// all that will be run. Where memory is saved the context gets the limit.
// Says on stderr what is saved though nobody asked for it. Error as diffusion::plan_memory and load_image_model.
PlannedModel load_planned(Context& ctx, const ModelRef& ref, const ImageMemoryOptions& options,
                          const std::function<diffusion::ImageRequest(const diffusion::ImageModel&)>& complete,
                          const std::function<diffusion::ImageRequest(const diffusion::ImageModel&,
                                                                      const diffusion::ImageRequest&)>& largest);

}  // namespace diptych::cli
