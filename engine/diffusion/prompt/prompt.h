// A prompt in the syntax that A1111's users know, as what the sampling loop needs: for each step weighted sub-prompts,
// each of them weighted pieces of text.
//
//   prompt = sub { "AND" sub }      AND as a word of its own, outside of any bracket or not
//   sub    = text [ ":" number ]    weight of the sub-prompt's guidance (Liu et al. 2022, composable diffusion)
//
// In this order are read: wildcards (prompt_wildcards.h), tags (prompt_adapters.h), AND, schedules
// (prompt_schedule.h) and attention (prompt_emphasis.h). Any text is a prompt; what is no syntax stays text.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "engine/diffusion/prompt/prompt_adapters.h"
#include "engine/diffusion/prompt/prompt_emphasis.h"
#include "engine/diffusion/prompt/prompt_schedule.h"

namespace diptych::diffusion {

struct SubPrompt {
  double weight = 1;
  std::vector<std::vector<PromptPiece>> texts;  // each once, to be encoded before the run
  std::vector<PromptStage> stages;              // at least one

  // Index into `texts` for a step counted from 1. A1111 itself counts from 0 where it looks a stage up, so that its
  // first stage lasts one step longer: step 0 counts as 1, and whoever repeats its images passes step - 1.
  size_t text_at(int step) const;
};

struct Prompt {
  std::string text;              // as drawn, without tags
  std::vector<SubPrompt> parts;  // at least one
  std::vector<PromptAdapter> adapters;
  std::vector<std::string> ignored;  // tags that mean nothing here
};

struct PromptOptions {
  int steps = 20;
  int steps_before = 0;  // of the first pass, in a second one (hires fix)
  uint64_t wildcard_seed = 0;
  bool composable = true;  // false for negative prompts: AND is a word like any other
};

Prompt parse_prompt(std::string_view text, const PromptOptions& options = {});

}  // namespace diptych::diffusion
