// What would make a training run take less memory, each as a recipe of its own.
#pragma once

#include <string>
#include <vector>

#include "engine/train/data/recipe.h"
#include "engine/train/open_task.h"

namespace diptych::plan {

struct Alternative {
  std::string name;  // "recompute", "smaller_batch", …
  std::string text;  // for people
  std::string cost;  // what it costs besides
  train::Recipe recipe;
};

// Weights that are read from the file while they are used (Recipe::resident_gb) are all of them; see keep_what_fits().
// `quantized_base`: the same model with quantized weights, where there is one; else empty. Those that do not apply are
// left out; the last is all of them together, where there are several.
std::vector<Alternative> alternatives_to(const train::Recipe& recipe, train::BaseKind kind,
                                         const std::string& quantized_base);

}  // namespace diptych::plan
