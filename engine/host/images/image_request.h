// From the interface's settings to what the engine is asked, and to the recipe that a picture carries.
#pragma once

#include <filesystem>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "engine/api/image_settings.h"
#include "engine/diffusion/image_adapters.h"
#include "engine/diffusion/image_model.h"
#include "engine/diffusion/image_request.h"
#include "engine/diffusion/pictures/inpaint_region.h"
#include "engine/diffusion/recipe/recipe.h"
#include "engine/diffusion/upscale.h"
#include "engine/host/images/side_models.h"
#include "engine/io/images/image.h"

namespace diptych::host {

// What settings name, opened; on meta of pictures only the sizes are looked at.
struct ImageMaterial {
  const std::map<std::string, Image8>& pictures;
  const SideFiles& files;  // adapters, upscalers, and what is loaded of them:
  SideModels& models;
  const ModelRegistry& registry;
};

struct PreparedUpscale {
  diffusion::UpscalePass pass;
  std::filesystem::path network;  // of Enlarger::model
  Tensor picture;                 // f32 [1, 3, height, width], 0 … 1, as it is
};

struct PreparedImages {
  diffusion::ImageRequest request;  // completed
  std::optional<diffusion::HiresPass> hires;
  std::optional<PreparedUpscale> upscale;
  std::vector<diffusion::ChosenAdapter> adapters;  // beside those of the prompt
  std::vector<std::filesystem::path> embeddings;   // beside those that the prompt names
  // What the result is put back into: the whole picture of which a part was made.
  std::optional<Image8> picture;
  Image8 soft_mask;
  diffusion::PixelRegion region;

  Image8 finished(const Image8& made) const;
};

// The one place that says what of the settings the engine does. Error (invalid_argument) names a setting that does not
// fit the model.
PreparedImages prepare_images(Context& ctx, const diffusion::ImageModel& model, const api::ImageSettings& settings,
                              const ImageMaterial& material);

// What settings with an enlargement ask for. Error: as prepare_images.
PreparedUpscale prepare_upscale(Context& ctx, const api::ImageSettings& settings,
                                const std::map<std::string, Image8>& pictures, const SideFiles& files);

// The settings with what the request was completed to.
api::ImageSettings completed_settings(const api::ImageSettings& settings, const diffusion::ImageRequest& request);

// Of one picture, whose settings are completed. `model_name`: the file's or folder's.
diffusion::Recipe recipe_of(const api::ImageSettings& settings, const std::string& model_name,
                            const std::string& version);

}  // namespace diptych::host
