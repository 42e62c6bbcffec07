// Models beside an image model, of control and of image prompts: loaded when a run names them, kept while the next ones
// do.
#pragma once

#include <algorithm>
#include <filesystem>
#include <map>
#include <memory>
#include <string>
#include <utility>

#include "engine/core/context.h"
#include "engine/diffusion/image_parts.h"
#include "engine/diffusion/refiner.h"
#include "engine/model/registry.h"

namespace diptych::host {

// What settings name, by which kind of name: models of different kinds may be called the same.
using SideFiles = std::map<std::string, std::filesystem::path>;
inline std::string image_prompt_key(const std::string& name) {
  return "image_prompt/" + name;
}
inline std::string refiner_key(const std::string& name) {
  return "refiner/" + name;
}
inline std::string image_encoder_key(const std::string& name) {
  return "image_encoder/" + name;
}
inline std::string embedding_key(const std::string& name) {
  return "embedding/" + name;
}

class SideModels {
 public:
  // `stream`: weights are read from their files when they are used. `quantize`: ModelRef::quantize, of refiners.
  explicit SideModels(bool stream, std::string quantize = "") : stream_(stream), quantize_(std::move(quantize)) {}

  void keep_only(const SideFiles& files) {
    const auto unnamed = [&](const auto& model) {
      return std::none_of(files.begin(), files.end(), [&](const auto& file) { return file.second == model.first; });
    };
    std::erase_if(controls_, unnamed);
    std::erase_if(image_prompts_, unnamed);
    std::erase_if(image_encoders_, unnamed);
    std::erase_if(refiners_, unnamed);
  }

  std::shared_ptr<const ControlModel> control(Context& ctx, const ModelRegistry& registry,
                                              const std::filesystem::path& path) {
    return kept(controls_, path,
                [&] { return registry.load_control_model(ctx, registry.open_component(path), options(ctx)); });
  }
  std::shared_ptr<const ImagePromptModel> image_prompt(Context& ctx, const ModelRegistry& registry,
                                                       const std::filesystem::path& path) {
    return kept(image_prompts_, path, [&] { return registry.load_image_prompt_model(ctx, path, options(ctx)); });
  }
  std::shared_ptr<const ImageEncoder> image_encoder(Context& ctx, const ModelRegistry& registry,
                                                    const std::filesystem::path& path) {
    return kept(image_encoders_, path,
                [&] { return registry.load_image_encoder(ctx, open_model(path), options(ctx)); });
  }
  std::shared_ptr<const diffusion::ImageModel> refiner(Context& ctx, const ModelRegistry& registry,
                                                       const std::filesystem::path& path) {
    return kept(refiners_, path, [&] {
      ModelRef ref;
      ref.path = path;
      ref.quantize = quantize_;
      return diffusion::load_refiner(ctx, registry, diffusion::open_parts(registry, ref), options(ctx),
                                     {.ends = stream_, .denoiser = stream_});
    });
  }

 private:
  template <typename Model>
  using Models = std::map<std::filesystem::path, std::shared_ptr<const Model>>;

  template <typename Model, typename Load>
  static std::shared_ptr<const Model> kept(Models<Model>& models, const std::filesystem::path& path, const Load& load) {
    std::shared_ptr<const Model>& model = models[path];
    if (!model) model = load();
    return model;
  }
  LoadOptions options(const Context& ctx) const {
    LoadOptions loading;
    loading.cancel = ctx.cancel;
    loading.stream = stream_;
    return loading;
  }

  bool stream_;
  std::string quantize_;
  Models<ControlModel> controls_;
  Models<ImagePromptModel> image_prompts_;
  Models<ImageEncoder> image_encoders_;
  Models<diffusion::ImageModel> refiners_;
};

}  // namespace diptych::host
