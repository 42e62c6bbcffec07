#include "engine/llm/prompt.h"

#include <utility>

#include "engine/core/error.h"
#include "engine/text/fallback_template.h"

namespace diptych {
namespace {

void check(const Messages& messages) {
  const auto fail = [](const std::string& why) {
    throw Error(ErrorCategory::invalid_argument, "cannot read conversation", "messages", why,
                "give a list of objects with role and content");
  };
  if (!messages.is_array() || messages.empty()) fail("it is no list with an entry");
  for (const auto& message : messages) {
    if (!message.is_object() || !message.contains("role") || !message["role"].is_string()) {
      fail("an entry has no role");
    }
  }
}

std::string text_of(const nlohmann::ordered_json& message, const char* field) {
  const auto found = message.find(field);
  return found != message.end() && found->is_string() ? found->get<std::string>() : std::string();
}

}  // namespace

PromptBuilder::PromptBuilder(std::shared_ptr<const Tokenizer> tokenizer, std::shared_ptr<const ChatTemplate> chat,
                             std::shared_ptr<const ChatTemplate> tool_use, nlohmann::ordered_json variables)
    : tokenizer_(std::move(tokenizer)),
      chat_(std::move(chat)),
      tool_use_(std::move(tool_use)),
      variables_(std::move(variables)),
      has_template_(chat_ != nullptr) {
  if (!variables_.is_object()) variables_ = nlohmann::ordered_json::object();
  if (chat_) return;
  const FallbackTemplate fallback = fallback_template(*tokenizer_);
  chat_ = fallback.chat;
  if (!fallback.marks_turns) stops_ = {"\nUser:", "\nAssistant:"};
}

PromptBuilder PromptBuilder::of(const ModelSource& source, std::shared_ptr<const Tokenizer> tokenizer) {
  const auto load = [&](bool tools) {
    return source.gguf ? load_chat_template(*source.gguf, tools) : load_chat_template(*source.hf, tools);
  };
  return {std::move(tokenizer), load(false), load(true),
          source.gguf ? template_variables(*source.gguf) : template_variables(*source.hf)};
}

Prompt PromptBuilder::build(const PromptRequest& request) const {
  check(request.messages);
  TemplateOptions options;
  options.tools = request.tools;
  options.variables = variables_;
  if (request.variables.is_object()) options.variables.update(request.variables);
  const bool has_tools = request.tools.is_array() && !request.tools.empty();
  const ChatTemplate& program = has_tools && tool_use_ ? *tool_use_ : *chat_;

  Messages messages = request.messages;
  std::string begun, thought;
  if (request.continue_last) {
    if (messages.back()["role"] != "assistant") {
      throw Error(ErrorCategory::invalid_argument, "cannot continue", "the conversation",
                  "its last message is not an assistant's", "ask a question first");
    }
    begun = text_of(messages.back(), "content");
    thought = text_of(messages.back(), "reasoning_content");
    messages.erase(messages.end() - 1);
  }
  Prompt prompt;
  prompt.text = program.render(messages, options);
  const bool opened = opens_thinking(prompt.text);
  if (opened) prompt.start = ThinkingSplitter::State::thinking;
  if (!thought.empty()) {
    prompt.text += (opened ? "" : "<think>\n") + thought;
    prompt.start = ThinkingSplitter::State::thinking;
  }
  if (!begun.empty()) {
    if (!thought.empty() || opened) prompt.text += "\n</think>\n\n";
    prompt.text += begun;
    prompt.start = ThinkingSplitter::State::answer;
  }
  prompt.continues = !begun.empty() || !thought.empty();
  // The template writes BOS itself, as transformers has it.
  prompt.tokens = tokenizer_->encode(prompt.text, {.add_special = false, .parse_special = true});
  return prompt;
}

Prompt PromptBuilder::plain(const std::string& text) const {
  Prompt prompt;
  prompt.text = text;
  prompt.tokens = tokenizer_->encode(text, {.add_special = true, .parse_special = true});
  // An end token that a tokenizer puts behind a text (T5's habit) would end the answer before it begins.
  while (prompt.tokens.size() > 1 && tokenizer_->is_end_of_generation(prompt.tokens.back())) prompt.tokens.pop_back();
  prompt.start = ThinkingSplitter::State::answer;
  prompt.continues = !text.empty();
  return prompt;
}

}  // namespace diptych
