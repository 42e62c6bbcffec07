// Adapters of an image model: those that its prompts name and those chosen beside them.
#pragma once

#include <filesystem>
#include <span>
#include <string>
#include <vector>

#include "engine/diffusion/image_model.h"
#include "engine/diffusion/image_request.h"
#include "engine/diffusion/recipe/recipe.h"
#include "engine/model/adapters.h"

namespace diptych::diffusion {

struct ChosenAdapter {
  std::filesystem::path path;
  double denoiser_scale = 1, text_encoder_scale = 1;
  std::string tag_name = {};  // as a prompt's tag has it; empty: chosen beside the prompt

  bool operator==(const ChosenAdapter&) const = default;
};

// The tags of the request's prompts, as they are drawn; none where their syntax is off. `model`: whose folders are
// looked through. Error (not_found).
std::vector<ChosenAdapter> prompt_adapters(const ImageRequest& request, const std::filesystem::path& model);

// The model has these and no others from now on; nothing is loaded again. Error as apply_adapters and open_adapter.
AdapterReport apply_adapters(Context& ctx, const ImageModel& model, std::span<const ChosenAdapter> adapters,
                             AdapterMode mode = AdapterMode::automatic);

// With the files' SHA-256.
std::vector<RecipeAdapter> recipe_adapters(std::span<const ChosenAdapter> adapters, const CancelToken& cancel = {});

}  // namespace diptych::diffusion
