// Prompts through one text encoder of a pipeline.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "engine/diffusion/condition/prompt_plan.h"
#include "engine/diffusion/image_model.h"

namespace diptych::diffusion {

using EncoderTexts = std::vector<EncoderText>;

struct EncodedText {
  Tensor text;                   // [rows, tokens, hidden]
  Tensor pooled, projected;      // [rows, width], or empty
  std::vector<int64_t> lengths;  // of T5 and language models, [rows]: tokens without the padding
};

// Which of CLIP's layers the text is taken from: 0 the last, behind the final norm; 1 the one in front of it; …
struct ClipLayerChoice {
  int skip = 0;
  bool normalized = true;  // with the final norm; SDXL and SD3 take a layer as it is
};

// Texts with weights are read in windows, which stand one behind the other in the result, as many for each text; what
// is pooled is that of the first. Error (invalid_argument) where more layers are left out than there are.
EncodedText encode_clip(Context& ctx, const TextPart& part, const EncoderTexts& texts, const ClipLayerChoice& layer);

// `masked`: padding is neither attended to nor, by lengths, passed on.
EncodedText encode_t5(Context& ctx, const TextPart& part, const EncoderTexts& texts, int64_t tokens, bool masked);

// How a pipeline reads a language model.
struct LanguageForm {
  int64_t tokens = 0;         // read of each text, those that are dropped apart
  int64_t dropped = 0;        // at the start: the same of every text
  size_t skipped_layers = 0;  // at the end
};
// `prompts`: texts with all that the pipeline puts around them.
EncodedText encode_language(Context& ctx, const TextPart& part, const std::vector<std::string>& prompts,
                            const LanguageForm& form);

// Error (invalid_file) where the encoder does not know a token.
void check_ids(const TextPart& part, const TextBatch& batch);

// A text as a user's message that the model is to answer, in its chat template.
std::string user_message(const TextWindow& window, const std::string& text);

}  // namespace diptych::diffusion
