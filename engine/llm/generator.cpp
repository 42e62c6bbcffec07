#include "engine/llm/generator.h"

#include <algorithm>
#include <bit>
#include <chrono>
#include <numeric>
#include <string>
#include <utility>

#include "engine/core/error.h"

namespace diptych {
namespace {

using Clock = std::chrono::steady_clock;

double seconds_since(Clock::time_point start) {
  return std::chrono::duration<double>(Clock::now() - start).count();
}

// Bits, because an or of integers is computed eight at a time where a sum of floats is not.
bool all_finite(std::span<const float> values) {
  uint32_t found = 0;
  for (const float value : values) found |= (std::bit_cast<uint32_t>(value) & 0x7F800000U) == 0x7F800000U ? 1U : 0U;
  return found == 0;
}

// The context's cancel token is the running generation's.
class CancelScope {
 public:
  CancelScope(Context& ctx, CancelToken token) : ctx_(ctx), before_(std::exchange(ctx.cancel, std::move(token))) {}
  ~CancelScope() { ctx_.cancel = std::move(before_); }
  CancelScope(const CancelScope&) = delete;
  CancelScope& operator=(const CancelScope&) = delete;

 private:
  Context& ctx_;
  CancelToken before_;
};

}  // namespace

Generator::Generator(Context& ctx, const CausalLm& model, KvPool& pool, int64_t context_tokens,
                     std::function<bool(int32_t)> is_end, std::function<bool(int32_t)> is_control)
    : ctx_(ctx),
      model_(model),
      pool_(pool),
      context_tokens_(std::min(context_tokens, pool.capacity_tokens())),
      is_end_(std::move(is_end)),
      is_control_(std::move(is_control)) {}

// Logits of the last token [1, vocab].
Tensor Generator::evaluate(PooledSequence& sequence, std::span<const int32_t> tokens) {
  const auto count = static_cast<int64_t>(tokens.size());
  if (!sequence.reserve(count)) {
    throw Error(ErrorCategory::out_of_memory, "cannot go on", "the KV cache", "other sequences hold every block of it",
                "wait for them to end, or load the model with a larger context");
  }
  Batch batch;
  batch.tokens.assign(tokens.begin(), tokens.end());
  batch.positions.resize(tokens.size());
  std::iota(batch.positions.begin(), batch.positions.end(), static_cast<int32_t>(sequence.length()));
  batch.sequence_offsets = {0, count};
  batch.kv = {&sequence.blocks()};
  batch.output_rows = {static_cast<int32_t>(count - 1)};
  Tensor logits = model_.forward(ctx_, batch, &pool_.cache());
  sequence.commit(tokens);
  return logits;
}

Tensor Generator::prefill(PooledSequence& sequence, std::span<const int32_t> prompt) {
  Tensor logits;
  for (auto rest = prompt.subspan(static_cast<size_t>(sequence.length())); !rest.empty();) {
    const size_t count = std::min(rest.size(), static_cast<size_t>(prompt_chunk_tokens));
    logits = evaluate(sequence, rest.first(count));
    rest = rest.subspan(count);
  }
  return logits;
}

GenerateStats Generator::generate(std::span<const int32_t> prompt, const GenerateOptions& options,
                                  const std::function<bool(const GeneratedToken&)>& on_token) {
  const auto length = static_cast<int64_t>(prompt.size());
  if (prompt.empty()) {
    throw Error(ErrorCategory::invalid_argument, "cannot generate", "the prompt", "it has no tokens",
                "give it at least one word");
  }
  if (length >= context_tokens_) {
    throw Error(ErrorCategory::invalid_argument, "cannot generate", "the prompt",
                "it has " + std::to_string(length) + " tokens, the context holds " + std::to_string(context_tokens_),
                "shorten it, load the model with a larger context, or let old turns be dropped or summarised");
  }
  for (const int32_t token : prompt) {
    if (token < 0 || token >= model_.info().vocab) {
      throw Error(ErrorCategory::invalid_argument, "cannot generate", "token " + std::to_string(token),
                  "the model knows 0 to " + std::to_string(model_.info().vocab - 1),
                  "use the tokenizer that belongs to the model");
    }
  }
  const CancelScope scope(ctx_, options.cancel);
  const Cost before = ctx_.cost();
  GenerateStats stats;
  stats.prompt_tokens = length;

  PooledSequence sequence(pool_);
  auto start = Clock::now();
  stats.cached_tokens = sequence.reuse(prompt);
  Tensor logits = prefill(sequence, prompt);
  stats.prefill_s = seconds_since(start);
  stats.prefill_cost = ctx_.cost() - before;

  Sampler sampler(options.sampler, is_control_);
  sampler.begin(prompt);
  start = Clock::now();
  for (;;) {
    const std::span<const float> row = logits.span<float>();
    if (!all_finite(row)) {
      throw Error(ErrorCategory::invalid_file, "cannot generate", "the model's scores", "some are not finite numbers",
                  "its weights may be damaged: verify the file, or fetch it again");
    }
    const int32_t token = sampler.sample(row);
    sampler.accept(token);
    GeneratedToken generated;
    generated.id = token;
    generated.end = !options.ignore_end && is_end_(token);
    generated.count = ++stats.generated_tokens;
    generated.cost = ctx_.cost() - before;
    generated.logits = row;
    const bool go_on = on_token(generated);
    if (!go_on || generated.end) break;
    if (options.max_tokens > 0 && stats.generated_tokens >= options.max_tokens) {
      stats.reason = FinishReason::length;
      break;
    }
    if (sequence.length() >= context_tokens_) {
      stats.reason = FinishReason::context;
      break;
    }
    options.cancel.throw_if_cancelled();
    logits = evaluate(sequence, std::span(&token, 1));
  }
  stats.decode_s = seconds_since(start);
  stats.decode_cost = ctx_.cost() - before - stats.prefill_cost;
  return stats;
}

}  // namespace diptych
