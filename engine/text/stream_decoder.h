// Ids to text while they arrive: never half a character, never a control token.
#pragma once

#include <memory>
#include <string>

#include "engine/text/tokenizer.h"

namespace diptych {

class StreamDecoder {
 public:
  // `continues`: text stands before the first token, so that its leading space belongs to the text.
  explicit StreamDecoder(std::shared_ptr<const Tokenizer> tokenizer, bool continues = false);

  // The text that is certain after this token; bytes of an unfinished character are held back, bytes that can no longer
  // become one come out as U+FFFD.
  std::string push(int32_t id);
  // What was held back, as U+FFFD.
  std::string finish();

 private:
  std::shared_ptr<const Tokenizer> tokenizer_;
  std::string pending_;  // fewer than four bytes, the start of a character
  bool at_start_;
};

}  // namespace diptych
