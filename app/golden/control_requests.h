// Control models and image prompts of a pipeline case: which ones it names, with the pipeline's own arguments.
#pragma once

#include <string>

#include "app/golden/case.h"
#include "engine/diffusion/image_request.h"

namespace diptych::golden {

// One of diffusers' arguments that add_controls reads.
bool is_control_argument(const std::string& name);

// "control_models", "ip_adapters" and "image_encoder" of case.json, with control_image.N and ip_adapter_image.N of the
// inputs. Error (invalid_file) where something is missing.
void add_controls(Context& ctx, const ModelRegistry& registry, const Case& one, const TensorMap& inputs,
                  diffusion::ImageRequest& request);

}  // namespace diptych::golden
