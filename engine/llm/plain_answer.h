// What a language model answers to one question, the likeliest token every time: for looking at a model in the middle
// of its training, on the memory that it has there.
#pragma once

#include <cstdint>
#include <memory>
#include <string>

#include "engine/core/context.h"
#include "engine/llm/prompt.h"
#include "engine/model/causal_lm.h"

namespace diptych {

// Nothing is kept between questions: keys of a model that has learnt since are no longer its keys.
std::string plain_answer(Context& ctx, const CausalLm& model, const Tokenizer& tokenizer, const PromptBuilder& prompts,
                         const std::string& question, int64_t most_tokens);

}  // namespace diptych
