// The fields behind "Advanced": what a recipe says, with the words that explain it.
#pragma once

namespace diptych::finetune {

class FinetuneController;
class RecipeForm;

void add_recipe_fields(RecipeForm* form, FinetuneController* controller);

}  // namespace diptych::finetune
