// Prompts of any length for CLIP's text encoders, which read windows of 77 tokens: begin, 75 of the text, end.
//
// As A1111 does it: a window that is full is cut behind its last comma where that is at most 20 tokens back, BREAK
// ends a window early, and every token has a weight. The vectors of a learned word stay together. The windows are
// encoded one by one and stand one behind the other in what the denoiser attends to.
#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <span>
#include <vector>

#include "engine/diffusion/prompt/prompt_emphasis.h"
#include "engine/text/tokenizer.h"

namespace diptych::diffusion {

struct ClipTokens {
  int32_t begin = 0, end = 0;
  int32_t pad = 0;  // behind the first end of a window: the end again (CLIP-L) or 0 (the OpenCLIP encoders)
  std::optional<int32_t> comma;
  std::map<int32_t, int64_t> runs =
      {};  // of words that stand for several vectors: the first id, and how many follow on
};
// The pad token is the end. Error (unsupported) where the tokenizer has no begin or end.
ClipTokens clip_tokens(const Tokenizer& tokenizer);

struct ClipWindowOptions {
  int64_t length = 75;          // tokens of the text in a window
  int64_t comma_distance = 20;  // 0: cut anywhere
};

struct ClipWindows {
  int64_t count = 0, columns = 0;  // columns: length + 2
  std::vector<int32_t> ids;        // [count * columns]
  std::vector<float> weights;      // [count * columns]; begin, end and padding have 1
  int64_t tokens = 0;              // of the prompt, filled windows in front of a BREAK counted whole
  int64_t capacity = 0;            // tokens that fit without another window
};
ClipWindows clip_windows(const std::vector<PromptPiece>& pieces, const Tokenizer& tokenizer, const ClipTokens& tokens,
                         const ClipWindowOptions& options = {});

// Appends empty windows, so that prompts of one batch have the same number.
void extend_windows(ClipWindows& windows, int64_t count, const ClipTokens& tokens);

// Multiplies the hidden states of one window, [tokens, width], by the tokens' weights and brings their mean back to
// what it was. Where all weights are 1 nothing changes.
void apply_emphasis(std::span<float> hidden, std::span<const float> weights);

}  // namespace diptych::diffusion
