// What an image pipeline of the engine tells of itself: usual values, sizes, names of choices, and its count of tokens.
#pragma once

#include <string>
#include <vector>

#include "engine/api/image.h"
#include "engine/diffusion/image_model.h"

namespace diptych::host {

api::ImageModelInfo image_model_info(const diffusion::ImageModel& model);  // but id and weights_bytes

// Windows as A1111 cuts them, of the longest text among those that a prompt's schedules and AND make.
std::vector<api::PromptTokens> prompt_tokens(const diffusion::ImageModel& model, const api::ImageSettings& settings);

}  // namespace diptych::host
