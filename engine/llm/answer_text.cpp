#include "engine/llm/answer_text.h"

#include <utility>

namespace diptych {

AnswerText::AnswerText(std::shared_ptr<const Tokenizer> tokenizer, AnswerTextOptions options)
    : decoder_(std::move(tokenizer), options.continues), splitter_(options.start), stops_(std::move(options.stop)) {}

ThinkingText AnswerText::after_stops(ThinkingText part) {
  part.text = stops_.push(part.text);
  return part;
}

ThinkingText AnswerText::push(int32_t token) {
  if (stopped()) return {};
  return after_stops(splitter_.push(decoder_.push(token)));
}

ThinkingText AnswerText::finish() {
  if (stopped()) return {};
  ThinkingText part = splitter_.push(decoder_.finish());
  ThinkingText rest = splitter_.finish();
  part.thinking += rest.thinking;
  part.text += rest.text;
  part = after_stops(std::move(part));
  part.text += stops_.finish();
  return part;
}

}  // namespace diptych
