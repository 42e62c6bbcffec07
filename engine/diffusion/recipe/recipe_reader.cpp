#include "engine/diffusion/recipe/recipe_reader.h"

#include "engine/core/error.h"

namespace diptych::diffusion {
namespace {

std::optional<RestoredRecipe> restore_own(const std::string& text, std::string& problem) {
  RestoredRecipe restored;
  std::vector<std::string> unknown;
  try {
    restored.recipe = parse_recipe(text, "picture", &unknown);
  } catch (const Error& error) {
    problem = error.why();
    return std::nullopt;
  }
  for (const std::string& key : unknown) restored.unrestored.push_back({key, ""});
  return restored;
}

std::string text_or_nothing(const ImageTexts& texts, std::string_view key) {
  const std::string* text = find_text(texts, key);
  return text == nullptr ? std::string() : *text;
}

}  // namespace

std::optional<RestoredRecipe> restore_recipe(const ImageTexts& texts) {
  std::vector<Unrestored> problems;
  std::optional<RestoredRecipe> restored;
  // Whether a text is there that could be read; one that could not is a problem of whatever is read instead.
  const auto tries = [&](std::string_view key, const auto& read) {
    const std::string* text = restored ? nullptr : find_text(texts, key);
    if (text == nullptr) return;
    std::string problem = "it could not be read";
    restored = read(*text, problem);
    if (!restored) problems.push_back({std::string(key), problem});
  };
  tries(recipe_key, restore_own);
  tries("invokeai_metadata", [](const std::string& text, std::string&) { return restore_invokeai(text); });
  tries("sd-metadata", [](const std::string& text, std::string&) { return restore_invokeai(text); });
  tries("prompt", [&](const std::string& text, std::string&) {
    return restore_comfyui(text, text_or_nothing(texts, "workflow"));
  });
  tries(parameters_key, [](const std::string& text, std::string&) { return restore_parameters(text); });
  tries("Dream", [](const std::string& text, std::string&) { return restore_dream(text); });
  if (!restored && find_text(texts, "workflow") != nullptr) {
    restored.emplace().recipe.program = "ComfyUI";
    restored->recipe.workflow = text_or_nothing(texts, "workflow");
    problems.push_back({"prompt", "only the workflow is there, without what was executed"});
  }
  if (restored) restored->unrestored.insert(restored->unrestored.end(), problems.begin(), problems.end());
  return restored;
}

}  // namespace diptych::diffusion
