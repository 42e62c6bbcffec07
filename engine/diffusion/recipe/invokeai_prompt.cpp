#include "engine/diffusion/recipe/invokeai_prompt.h"

#include "engine/diffusion/prompt/prompt_text.h"
#include "engine/diffusion/recipe/recipe_names.h"

namespace diptych::diffusion {
namespace {

bool has_invokeai_weights(std::string_view text) {
  for (size_t i = 1; i < text.size(); ++i) {
    const char before = text[i - 1], c = text[i];
    if (before == c && (c == '+' || c == '-')) return true;
    if (before == ')' && (c == '+' || c == '-' || (c >= '0' && c <= '9'))) return true;
  }
  return false;
}

}  // namespace

void split_invokeai_prompt(std::string_view text, Recipe& recipe) {
  for (;;) {
    const size_t open = text.find('['), close = open == text.npos ? open : text.find(']', open);
    recipe.prompt += text.substr(0, close == text.npos ? text.npos : open);
    if (close == text.npos) break;
    if (!recipe.negative_prompt.empty()) recipe.negative_prompt += ' ';
    recipe.negative_prompt += text.substr(open + 1, close - open - 1);
    text.remove_prefix(close + 1);
  }
  recipe.prompt = trim_right(trim_left(recipe.prompt));
}

void take_invokeai_sampler(RestoredRecipe& restored, const std::string& key, const std::string& name) {
  const NamedSampling sampling = sampling_of(ImageProgram::invokeai, name);
  restored.recipe.sampler = sampling.sampler;
  restored.recipe.schedule = sampling.schedule.empty() ? "normal" : sampling.schedule;
  if (sampling.sampler.empty()) restored.unrestored.push_back({key, name});
}

void note_invokeai_weights(RestoredRecipe& restored) {
  if (has_invokeai_weights(restored.recipe.prompt) || has_invokeai_weights(restored.recipe.negative_prompt))
    restored.unrestored.push_back({"prompt weights", "InvokeAI writes them in another way"});
}

}  // namespace diptych::diffusion
