// Textual inversion (Gal et al. 2022): words of a prompt that stand for vectors which no token of the vocabulary has.
//
// A file holds one or more vectors for CLIP's text encoder ("emb_params", or the word itself), or for both of SDXL's
// ("clip_l", "clip_g"). The word is the file's name; where the tensor has a name of its own, that one, too.
#pragma once

#include <filesystem>
#include <span>
#include <vector>

#include "engine/diffusion/image_model.h"
#include "engine/diffusion/image_request.h"
#include "engine/diffusion/recipe/recipe.h"

namespace diptych::diffusion {

// Files of the model's "embeddings" folders whose names stand in the request's prompts.
std::vector<std::filesystem::path> prompt_embeddings(const ImageRequest& request, const std::filesystem::path& model);

// The model knows these words and no others from now on. Error: not_found; invalid_file; unsupported (pickled files,
// with the way to convert them); invalid_argument where no text encoder is as wide as the vectors. The model is then as
// it was.
void set_embeddings(Context& ctx, ImageModel& model, std::span<const std::filesystem::path> files);

// With the files' SHA-256.
std::vector<RecipeFile> recipe_embeddings(std::span<const std::filesystem::path> files, const CancelToken& cancel = {});

}  // namespace diptych::diffusion
