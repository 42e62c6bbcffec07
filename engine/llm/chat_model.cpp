#include "engine/llm/chat_model.h"

#include <algorithm>
#include <chrono>
#include <utility>

#include "engine/core/error.h"
#include "engine/llm/answer_text.h"

namespace diptych {
namespace {

using Clock = std::chrono::steady_clock;

constexpr int64_t default_context_tokens = 8192;

int64_t choose_context(int64_t asked, int64_t made_for) {
  if (asked > 0) return asked;
  return std::min(made_for > 0 ? made_for : default_context_tokens, default_context_tokens);
}

std::vector<TokenAlternatives> scores_of(const GeneratedToken& token, int alternatives) {
  TokenAlternatives scores;
  scores.chosen = {token.id, log_probability(token.logits, token.id)};
  for (const auto& [id, logprob] : top_log_probabilities(token.logits, alternatives))
    scores.top.push_back({id, logprob});
  return {std::move(scores)};
}

// The conversation with what was written so far as its begun answer.
PromptRequest with_begun(const PromptRequest& asked, const ThinkingText& written) {
  PromptRequest request = asked;
  if (!asked.continue_last) request.messages.push_back({{"role", "assistant"}, {"content", ""}});
  request.continue_last = true;
  auto& last = request.messages.back();
  last["content"] = last.value("content", std::string()) + written.text;
  const std::string thought = last.value("reasoning_content", std::string()) + written.thinking;
  if (!thought.empty()) last["reasoning_content"] = thought;
  return request;
}

void add(ChatResult& sum, const ChatResult& more) {
  sum.reason = more.reason;
  sum.generated_tokens += more.generated_tokens;
  sum.prefill_s += more.prefill_s;
  sum.decode_s += more.decode_s;
  sum.thinking_s += more.thinking_s;
  sum.decode_cost += more.decode_cost;
  sum.dropped_turns = more.dropped_turns;
}

}  // namespace

ChatModel::~ChatModel() = default;

std::unique_ptr<ChatModel> ChatModel::load(const ModelRegistry& registry, const std::filesystem::path& path,
                                           const ChatModelOptions& options) {
  const ModelSource source = open_model(path);
  std::unique_ptr<ChatModel> chat(new ChatModel());
  chat->ctx_ = std::make_unique<Context>(cpu_device, options.threads);
  chat->tokenizer_ = source.gguf ? load_tokenizer(*source.gguf) : load_tokenizer(*source.hf);
  chat->prompts_ = std::make_unique<PromptBuilder>(PromptBuilder::of(source, chat->tokenizer_));
  LoadOptions load = options.load;
  if (options.adaptable || !options.adapters.empty()) load.targets = std::make_shared<WeightTargets>();
  chat->targets_ = load.targets;
  chat->model_ = registry.load_causal_lm(*chat->ctx_, source, load);
  if (!options.adapters.empty()) {
    const ModelPart part{"model", load.targets};
    apply_adapters(*chat->ctx_, {&part, 1}, options.adapters, options.adapter_mode);
    chat->adapters_ = options.adapters;
  }
  const int64_t context = choose_context(options.context_tokens, chat->info().context_length);
  const KvLayout layout = chat->model_->kv_layout(options.kv);
  chat->pool_ = std::make_unique<KvPool>(*chat->ctx_, layout, blocks_for(context, layout));
  const Tokenizer* tokenizer = chat->tokenizer_.get();
  chat->generator_ = std::make_unique<Generator>(
      *chat->ctx_, *chat->model_, *chat->pool_, context,
      [tokenizer](int32_t id) { return tokenizer->is_end_of_generation(id); },
      [tokenizer](int32_t id) { return tokenizer->is_control(id); });
  ChatModel* self = chat.get();
  chat->fit_ = std::make_unique<ContextFit>(
      ContextFit::Parts{
          [self](const PromptRequest& request) { return self->prompts_->build(request); },
          [self](const std::string& earlier, const Messages& messages) { return self->summarise(earlier, messages); }},
      context);
  return chat;
}

void ChatModel::set_adapters(const std::vector<AdapterUse>& adapters) {
  const auto same = [](const AdapterUse& a, const AdapterUse& b) {
    return a.adapter == b.adapter && a.scale == b.scale;
  };
  if (std::ranges::equal(adapters, adapters_, same)) return;
  const ModelPart part{"model", targets_};
  pool_->forget();  // keys of the model as it was
  try {
    apply_adapters(*ctx_, {&part, 1}, adapters);
  } catch (const Error& error) {
    const bool without =
        error.category() == ErrorCategory::out_of_memory || error.category() == ErrorCategory::cancelled;
    if (without) adapters_.clear();
    throw;
  }
  adapters_ = adapters;
}

ChatResult ChatModel::run(const ChatRequest& request, const FittedPrompt& fitted,
                          const std::function<void(const ChatPiece&)>& on_piece) {
  AnswerTextOptions options{request.stop, fitted.prompt.start, fitted.prompt.continues};
  if (request.is_chat()) {
    options.stop.insert(options.stop.end(), prompts_->stops().begin(), prompts_->stops().end());
  }
  AnswerText text(tokenizer_, std::move(options));
  GenerateOptions generate;
  generate.sampler = request.sampler;
  generate.max_tokens = request.max_tokens;
  generate.cancel = request.cancel;

  ChatPiece piece;
  const auto hand_on = [&](ThinkingText part) {
    piece.text = std::move(part.text);
    piece.thinking = std::move(part.thinking);
    on_piece(piece);
  };
  double thinking_s = 0;
  auto since = Clock::now();
  const GenerateStats stats = generator_->generate(fitted.prompt.tokens, generate, [&](const GeneratedToken& token) {
    ThinkingText part = token.end ? ThinkingText() : text.push(token.id);
    const auto now = Clock::now();
    if (!part.thinking.empty()) thinking_s += std::chrono::duration<double>(now - since).count();
    since = now;
    piece.tokens = token.count;
    piece.cost = token.cost;
    piece.scores.clear();
    if (request.logprobs >= 0 && !token.end) piece.scores = scores_of(token, request.logprobs);
    hand_on(std::move(part));
    return !text.stopped();
  });
  piece.scores.clear();
  ThinkingText rest = text.finish();
  if (!rest.text.empty() || !rest.thinking.empty()) hand_on(std::move(rest));

  ChatResult result;
  result.reason = stats.reason;
  result.prompt_tokens = stats.prompt_tokens;
  result.cached_tokens = stats.cached_tokens;
  result.generated_tokens = stats.generated_tokens;
  result.prefill_s = stats.prefill_s;
  result.decode_s = stats.decode_s;
  result.thinking_s = thinking_s;
  result.decode_cost = stats.decode_cost;
  result.dropped_turns = fitted.dropped_turns;
  return result;
}

ChatResult ChatModel::answer(const ChatRequest& request, const std::function<void(const ChatPiece&)>& on_piece) {
  if (!request.is_chat()) return run(request, {prompts_->plain(request.prompt), 0}, on_piece);
  cancel_ = request.cancel;
  const auto room = [&](int64_t max_tokens) { return max_tokens > 0 ? max_tokens : context_tokens() / 4; };
  const Cost before = ctx_->cost();
  ThinkingText written;
  Cost earlier;  // of the runs before
  ChatResult result;
  const auto collect = [&](const ChatPiece& piece) {
    written.text += piece.text;
    written.thinking += piece.thinking;
    ChatPiece whole = piece;
    whole.tokens += result.generated_tokens;
    whole.cost += earlier;
    on_piece(whole);
  };
  FittedPrompt fitted = fit_->fit(request.conversation, request.context_policy, room(request.max_tokens));
  earlier = ctx_->cost() - before;  // of a summary
  result = run(request, fitted, collect);
  // The context filled up in the middle of the answer: under a policy that makes room, it goes on behind a cut.
  const int64_t last_turn = count_turns(request.conversation.messages) - 1;  // it always stays
  while (result.reason == FinishReason::context && request.context_policy != ContextPolicy::stop &&
         fitted.dropped_turns < last_turn) {
    ChatRequest more = request;
    more.conversation = with_begun(request.conversation, written);
    if (request.max_tokens > 0) more.max_tokens = request.max_tokens - result.generated_tokens;
    fitted = fit_->fit(more.conversation, more.context_policy, room(more.max_tokens));
    earlier = ctx_->cost() - before;
    add(result, run(more, fitted, collect));
  }
  return result;
}

}  // namespace diptych
