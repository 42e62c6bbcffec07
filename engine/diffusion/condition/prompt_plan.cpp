#include "engine/diffusion/condition/prompt_plan.h"

namespace diptych::diffusion {
namespace {

PromptPlan::Part add_sub_prompt(PromptPlan& plan, const SubPrompt& sub) {
  PromptPlan::Part part{.weight = sub.weight, .stages = sub.stages};
  for (PromptStage& stage : part.stages) stage.text += plan.texts.size();
  for (const auto& pieces : sub.texts) plan.texts.push_back({.plain = plain_text(pieces), .pieces = pieces});
  return part;
}

PromptPlan::Part add_plain(PromptPlan& plan, std::string_view text, bool absent) {
  plan.texts.push_back({.plain = std::string(text), .pieces = {}, .absent = absent});
  return {.weight = 1, .stages = {{.last_step = 1, .text = plan.texts.size() - 1}}};
}

}  // namespace

size_t PromptPlan::Part::text_at(int step) const {
  for (const PromptStage& stage : stages) {
    if (step <= stage.last_step) return stage.text;
  }
  return stages.back().text;
}

PromptPlan plan_prompts(std::string_view prompt, const std::optional<std::string>& negative,
                        const PromptPlanOptions& options) {
  PromptPlan plan;
  const PromptOptions syntax{
      .steps = options.steps, .steps_before = options.steps_before, .wildcard_seed = options.wildcard_seed};
  if (options.guided) {
    if (options.syntax && negative) {
      PromptOptions uncomposed = syntax;
      uncomposed.composable = false;
      plan.negative = add_sub_prompt(plan, parse_prompt(*negative, uncomposed).parts.front());
    } else {
      plan.negative = add_plain(plan, negative.value_or(""), !negative);
    }
  }
  plan.negative_texts = plan.texts.size();
  if (!options.syntax) {
    plan.parts.push_back(add_plain(plan, prompt, false));
    return plan;
  }
  for (const SubPrompt& sub : parse_prompt(prompt, syntax).parts) plan.parts.push_back(add_sub_prompt(plan, sub));
  return plan;
}

}  // namespace diptych::diffusion
