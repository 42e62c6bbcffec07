// "Dream": the command line that InvokeAI (then lstein's fork) wrote into its first pictures,
//   "a cat [dog]" -s 50 -S 1234 -W 512 -H 512 -C 7.5 -A k_lms
#include <vector>

#include "engine/diffusion/prompt/prompt_text.h"
#include "engine/diffusion/recipe/invokeai_prompt.h"
#include "engine/diffusion/recipe/recipe_reader.h"
#include "engine/diffusion/recipe/recipe_values.h"

namespace diptych::diffusion {
namespace {

// Words as a shell has them: double quotes keep spaces, a backslash keeps the next character.
std::vector<std::string> shell_words(std::string_view text) {
  std::vector<std::string> words;
  std::string word;
  bool quoted = false, begun = false;
  for (size_t i = 0; i < text.size(); ++i) {
    const char c = text[i];
    if (c == '"') {
      quoted = !quoted;
      begun = true;
    } else if (c == '\\' && i + 1 < text.size()) {
      word += text[++i];
      begun = true;
    } else if (is_blank(c) && !quoted) {
      if (begun) words.push_back(std::move(word));
      word.clear();
      begun = false;
    } else {
      word += c;
      begun = true;
    }
  }
  if (begun) words.push_back(std::move(word));
  return words;
}

bool is_option(std::string_view word) {
  return word.size() > 1 && word[0] == '-' && (word[1] == '-' || (word[1] >= 'A' && word[1] <= 'z'));
}

void take_option(RestoredRecipe& restored, const std::string& option, const std::string& value) {
  Recipe& recipe = restored.recipe;
  std::optional<double> strength;
  if (option == "-s") {
    take_count(restored, option, value, recipe.steps);
  } else if (option == "-S") {
    take_seed(restored, option, value, recipe.seed);
  } else if (option == "-W") {
    take_count(restored, option, value, recipe.width);
  } else if (option == "-H") {
    take_count(restored, option, value, recipe.height);
  } else if (option == "-C") {
    take_number(restored, option, value, recipe.guidance);
  } else if (option == "-A") {
    take_invokeai_sampler(restored, option, value);
  } else if (option == "-I" || option == "-f") {
    if (!recipe.init) recipe.init.emplace();
    if (option == "-I")
      recipe.init->image.name = value;
    else if (take_number(restored, option, value, strength))
      recipe.init->strength = *strength;
  } else {
    restored.unrestored.push_back({option, value});
  }
}

}  // namespace

std::optional<RestoredRecipe> restore_dream(std::string_view command) {
  const std::vector<std::string> words = shell_words(command);
  RestoredRecipe restored;
  restored.recipe.program = "InvokeAI";
  restored.recipe.rng = "torch-cpu";
  std::string prompt;
  int options = 0;
  for (size_t i = 0; i < words.size(); ++i) {
    if (!is_option(words[i])) {
      prompt += (prompt.empty() ? "" : " ") + words[i];
      continue;
    }
    ++options;
    std::string option = words[i], value;
    if (option[1] != '-' && option.size() > 2) {  // "-s50"
      value = option.substr(2);
      option.resize(2);
    } else if (i + 1 < words.size() && !is_option(words[i + 1])) {
      value = words[++i];
    }
    take_option(restored, option, value);
  }
  if (options == 0) return std::nullopt;
  split_invokeai_prompt(prompt, restored.recipe);
  note_invokeai_weights(restored);
  return restored;
}

}  // namespace diptych::diffusion
