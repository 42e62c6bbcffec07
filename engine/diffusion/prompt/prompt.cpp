#include "engine/diffusion/prompt/prompt.h"

#include <utility>

#include "engine/diffusion/prompt/prompt_text.h"
#include "engine/diffusion/prompt/prompt_wildcards.h"

namespace diptych::diffusion {
namespace {

std::vector<std::string_view> split_composition(std::string_view text) {
  std::vector<std::string_view> parts;
  for (size_t at = find_word(text, "AND", 0); at != text.npos; at = find_word(text, "AND", 0)) {
    parts.push_back(text.substr(0, at));
    text.remove_prefix(at + 3);
  }
  parts.push_back(text);
  return parts;
}

// "a cat :1.2" without and with its weight.
std::pair<std::string_view, double> split_weight(std::string_view part) {
  part = trim_right(part);
  const size_t colon = part.rfind(':');
  if (colon == part.npos) return {part, 1};
  const auto weight = read_decimal(trim_left(part.substr(colon + 1)));
  if (!weight) return {part, 1};
  return {trim_right(part.substr(0, colon)), *weight};
}

SubPrompt read_sub_prompt(std::string_view text, double weight, const PromptOptions& options) {
  PromptSchedule schedule = schedule_prompt(text, options.steps, options.steps_before);
  SubPrompt part{weight, {}, std::move(schedule.stages)};
  for (const std::string& stage : schedule.texts) part.texts.push_back(parse_emphasis(stage));
  return part;
}

}  // namespace

size_t SubPrompt::text_at(int step) const {
  for (const PromptStage& stage : stages)
    if (step <= stage.last_step) return stage.text;
  return stages.back().text;
}

Prompt parse_prompt(std::string_view text, const PromptOptions& options) {
  PromptTags tags = take_tags(draw_wildcards(text, options.wildcard_seed));
  Prompt prompt{std::move(tags.text), {}, std::move(tags.adapters), std::move(tags.ignored)};
  if (!options.composable) {
    prompt.parts.push_back(read_sub_prompt(prompt.text, 1, options));
    return prompt;
  }
  for (const std::string_view part : split_composition(prompt.text)) {
    const auto [sub_text, weight] = split_weight(part);
    prompt.parts.push_back(read_sub_prompt(sub_text, weight, options));
  }
  return prompt;
}

}  // namespace diptych::diffusion
