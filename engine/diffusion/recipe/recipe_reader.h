// Recipes out of the metadata of pictures by A1111, ComfyUI, InvokeAI, stable-diffusion.cpp and Diptych.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "engine/diffusion/recipe/recipe.h"
#include "engine/io/images/image_texts.h"

namespace diptych::diffusion {

// Something that the picture was made with and that the recipe does not hold.
struct Unrestored {
  std::string name, value;

  bool operator==(const Unrestored&) const = default;
};

struct RestoredRecipe {
  Recipe recipe;
  std::vector<Unrestored> unrestored;
};

// The most telling text wins: ours, InvokeAI's, ComfyUI's, A1111's. None where no text is of a kind that is known.
// Throws nothing: texts are untrusted, and what cannot be read is listed.
std::optional<RestoredRecipe> restore_recipe(const ImageTexts& texts);

// One dialect each. None where the text is not of the dialect.
std::optional<RestoredRecipe> restore_parameters(std::string_view text);  // A1111 and stable-diffusion.cpp
std::optional<RestoredRecipe> restore_comfyui(std::string_view graph, std::string_view workflow);
std::optional<RestoredRecipe> restore_invokeai(std::string_view json);
std::optional<RestoredRecipe> restore_dream(std::string_view command);  // InvokeAI before 2.0

// A1111's text, which many programs read.
std::string write_parameters(const Recipe& recipe);

}  // namespace diptych::diffusion
