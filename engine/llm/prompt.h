// A conversation as a model reads it: rendered with its chat template, or with a plain transcript where it has none.
#pragma once

#include <memory>
#include <nlohmann/json.hpp>
#include <string>
#include <vector>

#include "engine/llm/thinking.h"
#include "engine/model/model_source.h"
#include "engine/text/chat_template.h"
#include "engine/text/tokenizer.h"

namespace diptych {

using Messages = nlohmann::ordered_json;  // [{"role": …, "content": …, …}]

struct PromptRequest {
  Messages messages;
  bool continue_last = false;  // the last message is an assistant's that is to be gone on with
  nlohmann::ordered_json tools, variables;
};

struct Prompt {
  std::string text;
  std::vector<int32_t> tokens;
  ThinkingSplitter::State start = ThinkingSplitter::State::before;  // where the answer begins
  bool continues = false;                                           // an answer's text stands before it
};

class PromptBuilder {
 public:
  PromptBuilder(std::shared_ptr<const Tokenizer> tokenizer, std::shared_ptr<const ChatTemplate> chat,
                std::shared_ptr<const ChatTemplate> tool_use, nlohmann::ordered_json variables);
  // Error: invalid_file where the model's template is none.
  static PromptBuilder of(const ModelSource& source, std::shared_ptr<const Tokenizer> tokenizer);

  // Error: unsupported where the template refuses the conversation, invalid_argument for messages that are none.
  Prompt build(const PromptRequest& request) const;
  // Text as it stands, with BOS as the model's files say.
  Prompt plain(const std::string& text) const;

  // What ends an answer besides end tokens: the next speaker's name in a plain transcript.
  const std::vector<std::string>& stops() const { return stops_; }
  bool has_template() const { return has_template_; }

 private:
  std::shared_ptr<const Tokenizer> tokenizer_;
  std::shared_ptr<const ChatTemplate> chat_, tool_use_;
  nlohmann::ordered_json variables_;  // bos_token, eos_token, …
  std::vector<std::string> stops_;
  bool has_template_;
};

}  // namespace diptych
