// Records to examples: the model's chat template, its tokenizer, labels, and the limit of length.
#pragma once

#include <memory>
#include <nlohmann/json.hpp>
#include <optional>
#include <string>
#include <vector>

#include "engine/text/chat_template.h"
#include "engine/text/tokenizer.h"
#include "engine/train/data/labels.h"

namespace diptych::train {

struct ExampleOptions {
  int64_t sequence = 1024;  // most tokens of an example; of each of a preference's two
  LossOn loss_on = LossOn::answers;
  Overlong overlong = Overlong::truncate;
  bool chat_template = true;  // else prompt and answer are joined as they stand; conversations need it
};

ExampleOptions example_options(const Recipe& recipe);

struct BuiltExamples {
  std::vector<Example> examples;  // several: of a long text, or of a template that rewrites earlier turns
  int64_t longest = 0;            // tokens before anything was cut
  int64_t cut_tokens = 0;         // that are not learnt from
  std::string rejected;           // why there are none
};

class ExampleBuilder {
 public:
  // `chat` may be null: then as the chat does it with such a model. `variables`: what the template is told besides.
  ExampleBuilder(std::shared_ptr<const Tokenizer> tokenizer, std::shared_ptr<const ChatTemplate> chat,
                 nlohmann::ordered_json variables, const ExampleOptions& options);

  // May be called from many threads at once.
  BuiltExamples build(const TextRecord& record) const;

  const ExampleOptions& options() const { return options_; }

 private:
  std::string render(std::span<const Message> messages, bool ask) const;
  // One sequence per way the conversation is learnt from; empty with `why` set where there is none.
  std::vector<MarkedTokens> conversation(std::span<const Message> messages, LossOn loss_on, std::string& why) const;
  std::vector<MarkedTokens> joined(const std::string& prompt, const std::string& answer, LossOn loss_on) const;
  std::vector<MarkedTokens> answered(const TextRecord& record, const std::string& answer, LossOn loss_on,
                                     std::string& why) const;
  std::vector<TokenSequence> fitted(TokenSequence sequence, Overlong overlong, BuiltExamples& built) const;

  std::shared_ptr<const Tokenizer> tokenizer_;
  std::shared_ptr<const ChatTemplate> chat_;
  nlohmann::ordered_json variables_;
  ExampleOptions options_;
};

}  // namespace diptych::train
