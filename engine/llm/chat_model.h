// A loaded language model with all that turns a conversation into an answer: tokenizer, template, KV cache, generator.
// The host and the chat command both use this class.
#pragma once

#include <cstdint>
#include <filesystem>
#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "engine/core/context.h"
#include "engine/llm/context_fit.h"
#include "engine/llm/generator.h"
#include "engine/llm/prompt.h"
#include "engine/model/adapters.h"
#include "engine/model/registry.h"

namespace diptych {

struct ChatModelOptions {
  int64_t context_tokens = 0;  // 0: the model's own, at most 8192
  DType kv = DType::f16;
  int threads = 0;  // 0: every core that this process may use
  LoadOptions load;
  std::vector<AdapterUse> adapters = {};  // that the model has while it is loaded
  AdapterMode adapter_mode = AdapterMode::automatic;
  bool adaptable = false;  // set_adapters() may be called
};

struct ChatRequest {
  PromptRequest conversation;
  std::string prompt;  // where there are no messages: text that is gone on with
  SamplerOptions sampler;
  std::vector<std::string> stop;
  int64_t max_tokens = 0;  // 0: as many as fit
  ContextPolicy context_policy = ContextPolicy::stop;
  int logprobs = -1;  // alternatives per token; -1: none wanted
  CancelToken cancel;

  bool is_chat() const { return conversation.messages.is_array(); }
};

struct ScoredToken {
  int32_t id = 0;
  double logprob = 0;
};
struct TokenAlternatives {
  ScoredToken chosen;
  std::vector<ScoredToken> top;  // by falling probability
};

// What one step added; its text may be empty where a character, tag or stop string is not complete.
struct ChatPiece {
  std::string text, thinking;
  int64_t tokens = 0;  // generated so far
  Cost cost;           // so far, the prompt included
  std::vector<TokenAlternatives> scores;
};

struct ChatResult {
  FinishReason reason = FinishReason::stop;
  int64_t prompt_tokens = 0, cached_tokens = 0, generated_tokens = 0;
  double prefill_s = 0, decode_s = 0;
  double thinking_s = 0;
  Cost decode_cost;
  int64_t dropped_turns = 0;  // left out or summarised to fit the context
};

class ChatModel {
 public:
  // Error: what opening, loading and reserving memory throw.
  static std::unique_ptr<ChatModel> load(const ModelRegistry& registry, const std::filesystem::path& path,
                                         const ChatModelOptions& options);
  ~ChatModel();

  // On one thread at a time. Error: cancelled, invalid_argument (too long), unsupported (the template refuses).
  ChatResult answer(const ChatRequest& request, const std::function<void(const ChatPiece&)>& on_piece);

  // The model has these adapters, and no others, from now on; what it remembers of earlier prompts is forgotten where
  // that changes something. Of a model loaded as adaptable. Error: as apply_adapters.
  void set_adapters(const std::vector<AdapterUse>& adapters);

  // A short title for a conversation that begins like this; the question's first words where the model finds none.
  std::string title(const std::string& question, const std::string& answer, const CancelToken& cancel);

  const Tokenizer& tokenizer() const { return *tokenizer_; }   // any thread
  const CausalLmInfo& info() const { return model_->info(); }  // any thread
  MemoryUse memory() const { return ctx_->arena()->use(); }    // any thread
  int64_t context_tokens() const { return generator_->context_tokens(); }
  Context& context() { return *ctx_; }

 private:
  ChatModel() = default;
  std::string summarise(const std::string& earlier, const Messages& messages);
  std::string complete(const std::string& instruction, int64_t max_tokens, const CancelToken& cancel);
  ChatResult run(const ChatRequest& request, const FittedPrompt& fitted,
                 const std::function<void(const ChatPiece&)>& on_piece);

  std::unique_ptr<Context> ctx_;  // before what lives in its arena
  std::shared_ptr<const Tokenizer> tokenizer_;
  std::unique_ptr<PromptBuilder> prompts_;
  std::unique_ptr<CausalLm> model_;
  std::unique_ptr<KvPool> pool_;
  std::unique_ptr<Generator> generator_;
  std::unique_ptr<ContextFit> fit_;
  std::shared_ptr<WeightTargets> targets_;  // null: not adaptable
  std::vector<AdapterUse> adapters_;
  CancelToken cancel_;  // of the running request, for summaries
};

}  // namespace diptych
