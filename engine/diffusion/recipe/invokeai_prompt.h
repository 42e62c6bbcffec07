// What InvokeAI's three ways of writing metadata share.
#pragma once

#include <string>
#include <string_view>

#include "engine/diffusion/recipe/recipe_reader.h"

namespace diptych::diffusion {

// Before 3.0 the negative prompt stood in square brackets inside the prompt.
void split_invokeai_prompt(std::string_view text, Recipe& recipe);

// Both names from one, "euler_a_k"; lists it under `key` where we have none of that name.
void take_invokeai_sampler(RestoredRecipe& restored, const std::string& key, const std::string& name);

// InvokeAI weighs words as "word++" and "(words)1.3", which is text to us.
void note_invokeai_weights(RestoredRecipe& restored);

}  // namespace diptych::diffusion
