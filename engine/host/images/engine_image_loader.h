// Image pipelines of the engine as the host loads them.
#pragma once

#include <list>
#include <map>
#include <memory>
#include <mutex>

#include "engine/core/context.h"
#include "engine/diffusion/image_model.h"
#include "engine/host/images/image_loader.h"
#include "engine/host/images/image_passes.h"
#include "engine/host/images/side_models.h"
#include "engine/model/registry.h"

namespace diptych::host {

class EngineImageLoader final : public ImageLoader {
 public:
  // threads: 0 takes every core that this process may use.
  EngineImageLoader(std::shared_ptr<const ModelRegistry> registry, UpscalerLoader upscalers, int threads)
      : registry_(std::move(registry)), upscalers_(std::move(upscalers)), threads_(threads) {}

  bool handles(const std::filesystem::path& path) const override;
  ImageDescription describe(const std::filesystem::path& path) const override;
  std::string needs(const std::filesystem::path& path) const override;
  api::ImageModelInfo info(const ImageModelFiles& files) const override;
  // Runs the model on the meta device: its own code says what it allocates and computes.
  ImagePrediction predict(const ImageModelFiles& files, const ImageRunRequest& request) const override;
  std::vector<api::PromptTokens> count_tokens(const ImageModelFiles& files,
                                              const api::ImageSettings& settings) const override;
  std::unique_ptr<LoadedImageModel> load(const ImageModelFiles& files, const std::function<void(double)>& progress,
                                         const CancelToken& cancel) const override;

 private:
  // A model on the meta device: sizes without weights, kept for the next question.
  struct Meta {
    // Scratch is per thread.
    Meta(const ImageModelFiles& of, int threads)
        : files(of), ctx(meta_device, threads), side_models(of.low_memory, of.quantize) {}
    ImageModelFiles files;
    std::filesystem::file_time_type changed{};
    Context ctx;
    diffusion::ImageModel model;
    SideModels side_models;
    AppliedFiles applied;
    std::map<std::string, ImagePrediction> predictions;  // by what they depend on
  };
  Meta& meta(const ImageModelFiles& files) const;
  ImagePrediction predict(Meta& meta, const ImageRunRequest& request) const;

  std::shared_ptr<const ModelRegistry> registry_;
  UpscalerLoader upscalers_;
  int threads_;
  mutable std::mutex mutex_;
  mutable std::list<Meta> metas_;  // latest first
};

}  // namespace diptych::host
