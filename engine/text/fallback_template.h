// How to talk to a model whose files bring no chat template.
#pragma once

#include <memory>

#include "engine/text/chat_template.h"
#include "engine/text/tokenizer.h"

namespace diptych {

struct FallbackTemplate {
  std::shared_ptr<const ChatTemplate> chat;
  bool marks_turns = false;  // an answer ends with an end token; else the next speaker's name ends it
};

// ChatML where the vocabulary has its turn marks, else a plain transcript.
FallbackTemplate fallback_template(const Tokenizer& tokenizer);

}  // namespace diptych
