// The engine's own language models behind the host's interface.
#pragma once

#include <memory>

#include "engine/host/text_model.h"
#include "engine/llm/chat_model.h"

namespace diptych::host {

class EngineTextModel final : public TextModel {
 public:
  explicit EngineTextModel(std::unique_ptr<ChatModel> model) : model_(std::move(model)) {}

  GenerateResult generate(const GenerateRequest& request, const std::function<void(const Piece&)>& on_piece) override;
  int64_t count_tokens(const std::string& text) const override;
  MemoryUse memory() const override { return model_->memory(); }
  int64_t context_tokens() const override { return model_->context_tokens(); }
  std::string title(const std::string& question, const std::string& answer, const CancelToken& cancel) override {
    return model_->title(question, answer, cancel);
  }

 private:
  TokenLogprob logprob_of(const ScoredToken& token) const;

  std::unique_ptr<ChatModel> model_;
};

}  // namespace diptych::host
