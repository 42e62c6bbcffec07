// Texts through a language model behind an instruction that makes it enhance them, as Sana's pipeline has it (Xie et
// al. 2024, "complex human instruction"): the denoiser sees the states of the text, the instruction only shapes them.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "engine/diffusion/condition/text_parts.h"

namespace diptych::diffusion {

// What SanaPipeline of diffusers puts before a prompt by itself.
extern const std::string_view sana_instruction;

struct InstructedText {
  std::string text;
  bool instructed = true;  // false: alone, as negative prompts are
};

// The state of each text's first token, and of as many of the text's own as make `tokens` together. The text's own
// begin one token before the instruction's end, which the tokenizer may have joined to the text's first.
EncodedText encode_instructed(Context& ctx, const TextPart& part, std::string_view instruction,
                              const std::vector<InstructedText>& texts, int64_t tokens);

}  // namespace diptych::diffusion
