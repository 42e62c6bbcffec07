// What a recipe trains of a model's component.
#pragma once

#include <memory>
#include <string>

#include "engine/model/weight_targets.h"
#include "engine/train/adapters/adapter_training.h"
#include "engine/train/data/recipe.h"

namespace diptych::train {

struct PartOfRecipe {
  std::unique_ptr<TrainedPart> part;
  AdapterTraining* adapter = nullptr;  // the same, where that is what is trained
};

// Of the recipe's method. Error (invalid_argument): keys that the method does not go with.
AdapterOptions adapter_options(const Recipe& recipe);

// An adapter, or all weights, of a component that was loaded with LoadOptions::targets. "model" (a language model) has
// its parameters named as PEFT names them; those of others begin with the component: "denoiser.…". Error as the parts;
// invalid_argument for qlora over weights that are not quantized; unsupported for textual inversion, which is no part
// of a component's layers.
PartOfRecipe make_trained_part(Context& ctx, const std::shared_ptr<WeightTargets>& targets, const Recipe& recipe,
                               const std::string& component = "model");

}  // namespace diptych::train
