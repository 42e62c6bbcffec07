// From the interface's settings to what the engine is asked, and to the recipe that a picture carries.
#pragma once

#include <functional>
#include <map>
#include <memory>
#include <string>

#include "engine/api/image_settings.h"
#include "engine/diffusion/image_model.h"
#include "engine/diffusion/image_request.h"
#include "engine/diffusion/recipe.h"
#include "engine/io/image.h"

namespace diptych::host {

// From a name of the settings to a loaded control model.
using ControlModels = std::function<std::shared_ptr<const ControlModel>(const std::string& name)>;

// The one place that says what of the settings the engine does: Error (unsupported) names a setting that it does not,
// Error (invalid_argument) one that does not fit the model. Pictures are scaled to the size of the run; on meta their
// pixels are not looked at.
diffusion::ImageRequest image_request_of(Context& ctx, const diffusion::ImageModel& model,
                                         const api::ImageSettings& settings,
                                         const std::map<std::string, Image8>& pictures,
                                         const ControlModels& control_models);

// The settings with what the request was completed to.
api::ImageSettings completed_settings(const api::ImageSettings& settings, const diffusion::ImageRequest& request);

// Of one picture, whose settings are completed. `model_name`: the file's or folder's.
diffusion::Recipe recipe_of(const api::ImageSettings& settings, const std::string& model_name,
                            const std::string& version);

}  // namespace diptych::host
