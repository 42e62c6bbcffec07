// The engine's own image pipelines behind the host's interface.
#pragma once

#include <memory>

#include "engine/core/context.h"
#include "engine/diffusion/image_model.h"
#include "engine/diffusion/pictures/preview.h"
#include "engine/host/images/image_loader.h"
#include "engine/host/images/image_passes.h"
#include "engine/host/images/side_models.h"

namespace diptych::host {

class EngineImageModel final : public LoadedImageModel {
 public:
  EngineImageModel(std::shared_ptr<const ModelRegistry> registry, UpscalerLoader upscalers,
                   const ImageModelFiles& files, std::unique_ptr<Context> ctx, diffusion::ImageModel model)
      : registry_(std::move(registry)),
        upscalers_(std::move(upscalers)),
        path_(files.model),
        ctx_(std::move(ctx)),
        model_(std::move(model)),
        side_models_(files.low_memory, files.quantize) {}

  ImageRunResult run(const ImageRunRequest& request, const ImageRunHooks& hooks) override;
  MemoryUse memory() const override { return ctx_->arena()->use(); }

 private:
  std::shared_ptr<const ModelRegistry> registry_;
  UpscalerLoader upscalers_;
  std::filesystem::path path_;
  std::unique_ptr<Context> ctx_;
  diffusion::ImageModel model_;  // lies in the context's arena, as the models beside it
  SideModels side_models_;
  AppliedFiles applied_;
  diffusion::PreviewMap preview_map_;  // from the pictures that were made, or from the autoencoder
};

}  // namespace diptych::host
