// From generated tokens to the text of an answer: whole characters, thinking apart, ended by stop strings.
#pragma once

#include <memory>
#include <string>
#include <vector>

#include "engine/llm/stop_strings.h"
#include "engine/llm/thinking.h"
#include "engine/text/stream_decoder.h"
#include "engine/text/tokenizer.h"

namespace diptych {

struct AnswerTextOptions {
  std::vector<std::string> stop;  // looked for in the answer, not in its thinking
  ThinkingSplitter::State start = ThinkingSplitter::State::before;
  bool continues = false;  // text stands before the first token
};

class AnswerText {
 public:
  AnswerText(std::shared_ptr<const Tokenizer> tokenizer, AnswerTextOptions options);

  ThinkingText push(int32_t token);  // what is certain now
  ThinkingText finish();             // the rest
  bool stopped() const { return stops_.stopped(); }

 private:
  ThinkingText after_stops(ThinkingText part);

  StreamDecoder decoder_;
  ThinkingSplitter splitter_;
  StopStrings stops_;
};

}  // namespace diptych
