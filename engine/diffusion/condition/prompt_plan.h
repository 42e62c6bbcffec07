// What a run's steps are conditioned on: each text once, and which of them belong to a step.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "engine/diffusion/prompt/prompt.h"

namespace diptych::diffusion {

struct EncoderText {
  std::string plain;
  // Of prompts in A1111's syntax: with their weights, in as many windows as they need. Empty: `plain` is cut where the
  // encoder's window ends.
  std::vector<PromptPiece> pieces;
  bool absent = false;  // no text was given, which is not always the same as an empty one
};

struct PromptPlan {
  struct Part {
    double weight = 1;
    std::vector<PromptStage> stages;  // texts are indices into `texts`
    size_t text_at(int step) const;   // counted from 1
  };
  std::vector<EncoderText> texts;  // the negative prompt's in front
  size_t negative_texts = 0;
  std::optional<Part> negative;
  std::vector<Part> parts;  // at least one
};

struct PromptPlanOptions {
  bool syntax = false;  // brackets, schedules, AND and BREAK mean something
  bool guided = true;   // the negative prompt takes part
  int steps = 20;
  int steps_before = 0;  // of the first pass, in a second one (prompt_schedule.h)
  uint64_t wildcard_seed = 0;
};

PromptPlan plan_prompts(std::string_view prompt, const std::optional<std::string>& negative,
                        const PromptPlanOptions& options);

}  // namespace diptych::diffusion
