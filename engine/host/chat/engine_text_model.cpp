#include "engine/host/chat/engine_text_model.h"

#include <utility>

namespace diptych::host {
namespace {

ContextPolicy policy_of(api::ContextPolicy policy) {
  switch (policy) {
    case api::ContextPolicy::drop_oldest:
      return ContextPolicy::drop_oldest;
    case api::ContextPolicy::summarise:
      return ContextPolicy::summarise;
    case api::ContextPolicy::stop:
      break;
  }
  return ContextPolicy::stop;
}

const char* reason_of(FinishReason reason) {
  switch (reason) {
    case FinishReason::length:
      return "length";
    case FinishReason::context:
      return "context";
    case FinishReason::stop:
      break;
  }
  return "stop";
}

SamplerOptions sampler_of(const GenerateRequest& request) {
  const api::Sampling& asked = request.sampling;
  SamplerOptions options;
  options.temperature = asked.temperature;
  options.top_k = asked.top_k;
  options.top_p = asked.top_p;
  options.min_p = asked.min_p;
  options.typical_p = asked.typical_p;
  options.repeat_penalty = asked.repeat_penalty;
  options.presence_penalty = asked.presence_penalty;
  options.frequency_penalty = asked.frequency_penalty;
  options.logit_bias = request.logit_bias;
  options.seed = asked.seed ? *asked.seed : fresh_seed();
  return options;
}

ChatRequest chat_request_of(const GenerateRequest& request) {
  ChatRequest chat;
  chat.conversation = {request.messages, request.continue_last, request.tools, request.template_variables};
  chat.prompt = request.prompt;
  chat.sampler = sampler_of(request);
  chat.stop = request.stop;
  chat.max_tokens = request.max_tokens;
  chat.context_policy = policy_of(request.context_policy);
  chat.logprobs = request.logprobs;
  chat.cancel = request.cancel;
  return chat;
}

}  // namespace

TokenLogprob EngineTextModel::logprob_of(const ScoredToken& token) const {
  return {std::string(model_->tokenizer().token_bytes(token.id)), token.logprob};
}

// A file that was trained on since then is another adapter.
std::vector<AdapterUse> EngineTextModel::opened(const std::vector<AdapterPath>& adapters) {
  std::map<std::filesystem::path, OpenAdapter> open;
  std::vector<AdapterUse> uses;
  for (const auto& [path, scale] : adapters) {
    std::error_code error;
    const bool folder = std::filesystem::is_directory(path, error);
    const auto changed = std::filesystem::last_write_time(folder ? path / "adapter_model.safetensors" : path, error);
    const auto known = adapters_.find(path);
    const bool same = known != adapters_.end() && known->second.changed == changed;
    open[path] = same ? known->second : OpenAdapter{changed, open_adapter(path)};
    uses.push_back({.adapter = open[path].adapter, .scale = scale});
  }
  adapters_ = std::move(open);
  return uses;
}

GenerateResult EngineTextModel::generate(const GenerateRequest& request,
                                         const std::function<void(const Piece&)>& on_piece) {
  const ChatRequest chat = chat_request_of(request);
  model_->set_adapters(opened(request.adapters));
  const ChatResult answer = model_->answer(chat, [&](const ChatPiece& from) {
    Piece piece{from.text, from.thinking, from.tokens, from.cost, {}};
    for (const TokenAlternatives& scores : from.scores) {
      TokenScores& to = piece.scores.emplace_back();
      to.chosen = logprob_of(scores.chosen);
      for (const ScoredToken& token : scores.top) to.top.push_back(logprob_of(token));
    }
    on_piece(piece);
  });
  GenerateResult result;
  result.finish_reason = reason_of(answer.reason);
  result.prompt_tokens = answer.prompt_tokens;
  result.cached_tokens = answer.cached_tokens;
  result.completion_tokens = answer.generated_tokens;
  result.prefill_s = answer.prefill_s;
  result.decode_s = answer.decode_s;
  result.thinking_ms = answer.thinking_s * 1e3;
  result.decode_cost = answer.decode_cost;
  result.seed = chat.sampler.seed;
  result.dropped_turns = answer.dropped_turns;
  return result;
}

int64_t EngineTextModel::count_tokens(const std::string& text) const {
  return static_cast<int64_t>(model_->tokenizer().encode(text).size());
}

}  // namespace diptych::host
