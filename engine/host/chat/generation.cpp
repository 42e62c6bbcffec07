#include "engine/host/chat/generation.h"

#include <utility>

namespace diptych::host {
namespace {

constexpr auto portion_interval = std::chrono::milliseconds(25);  // 40 times per second

}  // namespace

GenerationOutcome run_generation(TextModel& model, const GenerateRequest& request, Meter& meter,
                                 SteadyClock::time_point asked, const std::function<void(Portion&&)>& on_portion) {
  Portion pending;
  SteadyClock::time_point handed_on{}, first{};
  MeteredRun run(meter);
  const auto hand_on = [&](SteadyClock::time_point now) {
    if (pending.empty()) return;
    handed_on = now;
    on_portion(std::exchange(pending, {}));
  };
  const auto on_piece = [&](const Piece& piece) {
    const auto now = SteadyClock::now();
    if (first == SteadyClock::time_point{}) first = now;
    run.at(piece.tokens, piece.cost);
    pending.text += piece.text;
    pending.thinking += piece.thinking;
    pending.scores.insert(pending.scores.end(), piece.scores.begin(), piece.scores.end());
    if (now - handed_on >= portion_interval) hand_on(now);
  };
  GenerationOutcome outcome;
  try {
    outcome.result = model.generate(request, on_piece);
  } catch (...) {
    hand_on(SteadyClock::now());
    throw;
  }
  hand_on(SteadyClock::now());
  const GenerateResult& result = outcome.result;
  api::MessageMetrics& metrics = outcome.metrics;
  metrics.prompt_tokens = result.prompt_tokens;
  metrics.cached_tokens = result.cached_tokens;
  metrics.completion_tokens = result.completion_tokens;
  if (first != SteadyClock::time_point{}) {
    metrics.ttft_ms = std::chrono::duration<double, std::milli>(first - asked).count();
  }
  // The first token comes out of the prompt's evaluation; decoding made the others.
  if (result.decode_s > 0 && result.completion_tokens > 1) {
    metrics.tokens_per_s = static_cast<double>(result.completion_tokens - 1) / result.decode_s;
    metrics.bandwidth_gb_s = result.decode_cost.bytes() / result.decode_s / 1e9;
    metrics.gflop_s = result.decode_cost.flops / result.decode_s / 1e9;
  }
  return outcome;
}

}  // namespace diptych::host
