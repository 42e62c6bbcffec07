// Prompts that change while an image is made, as A1111 reads them.
//
//   start     = { construct | character }
//   prompt    = { construct | plain }                        plain: no bracket, colon or bar, or escaped by "\"
//   construct = "(" prompt [ ":" prompt ] ")" | "[" prompt "]"               attention, left for prompt_emphasis.h
//             | "[" [ prompt ":" ] prompt ":" number "]"                     the first until the number, then the
//             second | "[" prompt "|" [ prompt ] { "|" [ prompt ] } "]"             one after the other, a step each
//
// A number with a point is a share of the steps, one without is a step. Brackets and colons that make no construct are
// text. Where characters of none stand side by side, A1111's ambiguous grammar may read a construct as text as well
// ("[a:b:3]))"), here it stays one. A bar or a last backslash outside of every construct makes the whole prompt text,
// without any schedule: so it is in A1111.
#pragma once

#include <string>
#include <string_view>
#include <vector>

namespace diptych::diffusion {

struct PromptStage {
  int last_step;  // counted from 1
  size_t text;    // index into `texts`
};

struct PromptSchedule {
  std::vector<std::string> texts;   // each once
  std::vector<PromptStage> stages;  // at least one; the last one ends with the run
};

// `steps_before`: in a second pass (hires fix), the steps of the first one, on which numbers go on counting: shares
// from 1.0, steps from there. 0 in a first pass.
PromptSchedule schedule_prompt(std::string_view text, int steps, int steps_before = 0);

}  // namespace diptych::diffusion
