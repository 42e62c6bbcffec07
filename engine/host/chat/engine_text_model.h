// The engine's own language models behind the host's interface.
#pragma once

#include <map>
#include <memory>
#include <vector>

#include "engine/host/chat/text_model.h"
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
  struct OpenAdapter {
    std::filesystem::file_time_type changed;
    std::shared_ptr<const Adapter> adapter;
  };
  TokenLogprob logprob_of(const ScoredToken& token) const;
  std::vector<AdapterUse> opened(const std::vector<AdapterPath>& adapters);

  std::unique_ptr<ChatModel> model_;
  std::map<std::filesystem::path, OpenAdapter> adapters_;  // those of the last answer
};

}  // namespace diptych::host
