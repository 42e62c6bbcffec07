// Pictures enlarged by the engine without an image model.
#pragma once

#include <memory>

#include "engine/core/context.h"
#include "engine/host/images/image_loader.h"
#include "engine/host/images/image_passes.h"

namespace diptych::host {

class EngineEnlarger final : public LoadedImageModel {
 public:
  EngineEnlarger(UpscalerLoader upscalers, int threads) : upscalers_(std::move(upscalers)), ctx_(cpu_device, threads) {}

  ImageRunResult run(const ImageRunRequest& request, const ImageRunHooks& hooks) override;
  MemoryUse memory() const override { return ctx_.arena()->use(); }

 private:
  UpscalerLoader upscalers_;
  Context ctx_;
};

// On the meta device.
ImagePrediction predict_enlargement(const UpscalerLoader& upscalers, int threads, const ImageRunRequest& request);

}  // namespace diptych::host
