// ControlNets in A1111's `parameters` text, as its extension sd-webui-controlnet writes them:
//
//   ControlNet 0: "Module: canny, Model: edges [0123456789], Weight: 0.8, Threshold A: 100, Threshold B: 200, …"
#pragma once

#include <string>

#include "engine/diffusion/recipe/recipe.h"

namespace diptych::diffusion {

struct RestoredRecipe;

std::string write_control_parameters(const RecipeControl& control);  // the picture has no place in it

// Adds a control to the recipe. `key` is "ControlNet 0"; what cannot be read is listed by it.
void take_control_parameters(RestoredRecipe& restored, const std::string& key, const std::string& value);

// "name [hash]", as A1111 writes files of weights.
std::string bracketed_file(const RecipeFile& file);
RecipeFile read_bracketed_file(const std::string& text);

}  // namespace diptych::diffusion
