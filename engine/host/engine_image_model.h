// The engine's own image pipelines behind the host's interface.
#pragma once

#include <memory>

#include "engine/core/context.h"
#include "engine/diffusion/image_model.h"
#include "engine/host/image_loader.h"

namespace diptych::host {

class EngineImageModel final : public LoadedImageModel {
 public:
  EngineImageModel(std::unique_ptr<Context> ctx, diffusion::ImageModel model)
      : ctx_(std::move(ctx)), model_(std::move(model)) {}

  ImageRunResult run(const ImageRunRequest& request, const ImageRunHooks& hooks) override;
  MemoryUse memory() const override { return ctx_->arena()->use(); }

 private:
  std::unique_ptr<Context> ctx_;
  diffusion::ImageModel model_;  // lies in the context's arena
};

}  // namespace diptych::host
