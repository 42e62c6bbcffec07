#include "engine/llm/sampler.h"

#include <algorithm>
#include <cassert>
#include <cmath>
#include <limits>
#include <utility>

namespace diptych {
namespace {

bool likelier(const TokenCandidate& a, const TokenCandidate& b) {
  return a.logit != b.logit ? a.logit > b.logit : a.id < b.id;
}

void normalise(std::vector<TokenCandidate>& candidates, double temperature = 1) {
  const double top = candidates.front().logit;
  double sum = 0;
  for (TokenCandidate& candidate : candidates) {
    const double value = std::exp((static_cast<double>(candidate.logit) - top) / temperature);
    candidate.probability = static_cast<float>(value);
    sum += value;
  }
  for (TokenCandidate& candidate : candidates) {
    candidate.probability = static_cast<float>(static_cast<double>(candidate.probability) / sum);
  }
}

int32_t argmax(std::span<const float> logits) {
  return static_cast<int32_t>(std::max_element(logits.begin(), logits.end()) - logits.begin());
}

// Everything that a draw can reach: what is 60 below the best (e^-60 at temperature 1) has no part in it, and sorting
// it would cost the most.
std::vector<TokenCandidate> within_reach(std::span<const float> logits, double temperature) {
  const float floor =
      *std::max_element(logits.begin(), logits.end()) - 60 * static_cast<float>(std::max(1.0, temperature));
  std::vector<TokenCandidate> candidates;
  for (size_t i = 0; i < logits.size(); ++i) {
    if (logits[i] >= floor) candidates.push_back({static_cast<int32_t>(i), logits[i], 0});
  }
  std::ranges::sort(candidates, likelier);
  return candidates;
}

double log_sum(std::span<const float> logits) {
  const double top = *std::max_element(logits.begin(), logits.end());
  double sum = 0;
  for (const float logit : logits) sum += std::exp(static_cast<double>(logit) - top);
  return top + std::log(sum);
}

}  // namespace

Sampler::Sampler(SamplerOptions options, std::function<bool(int32_t)> exempt)
    : options_(std::move(options)),
      exempt_(std::move(exempt)),
      random_(static_cast<uint64_t>(options_.seed), "sampler") {}

void Sampler::begin(std::span<const int32_t> prompt) {
  const auto window = static_cast<size_t>(std::max(0, options_.repeat_window));
  const auto last = prompt.last(std::min(prompt.size(), window));
  recent_.assign(last.begin(), last.end());
}

void Sampler::accept(int32_t token) {
  ++accepted_;
  ++counts_[token];
  recent_.push_back(token);
  if (std::cmp_greater(recent_.size(), std::max(0, options_.repeat_window))) recent_.erase(recent_.begin());
}

bool Sampler::changes_logits() const {
  return !options_.logit_bias.empty() || options_.repeat_penalty != 1 || options_.presence_penalty != 0 ||
         options_.frequency_penalty != 0;
}

void Sampler::penalise(std::span<float> logits) const {
  const auto known = [&](int32_t id) { return id >= 0 && std::cmp_less(id, logits.size()); };
  for (const auto& [id, bias] : options_.logit_bias) {
    if (known(id)) logits[static_cast<size_t>(id)] += static_cast<float>(bias);
  }
  const auto open = [&](int32_t id) { return known(id) && !(exempt_ && exempt_(id)); };
  if (options_.repeat_penalty != 1) {
    std::vector<int32_t> seen = recent_;
    std::ranges::sort(seen);
    seen.erase(std::unique(seen.begin(), seen.end()), seen.end());
    const auto penalty = static_cast<float>(options_.repeat_penalty);
    for (const int32_t id : seen) {
      if (!open(id)) continue;
      float& logit = logits[static_cast<size_t>(id)];
      logit = logit > 0 ? logit / penalty : logit * penalty;
    }
  }
  if (options_.presence_penalty == 0 && options_.frequency_penalty == 0) return;
  for (const auto& [id, count] : counts_) {
    if (!open(id)) continue;
    logits[static_cast<size_t>(id)] -=
        static_cast<float>(options_.presence_penalty + options_.frequency_penalty * static_cast<double>(count));
  }
}

int32_t Sampler::sample(std::span<const float> logits) {
  assert(!logits.empty());
  if (changes_logits()) {
    changed_.assign(logits.begin(), logits.end());
    penalise(changed_);
    logits = changed_;
  }
  if (options_.temperature <= 0) return argmax(logits);

  std::vector<TokenCandidate> candidates = options_.top_k > 0 && std::cmp_less(options_.top_k, logits.size())
                                               ? likeliest(logits, options_.top_k)
                                               : within_reach(logits, options_.temperature);
  if (options_.typical_p < 1) {
    normalise(candidates);
    cut_typical(candidates, options_.typical_p);
  }
  if (options_.top_p < 1) {
    normalise(candidates);
    cut_top_p(candidates, options_.top_p);
  }
  if (options_.min_p > 0) {
    normalise(candidates);
    cut_min_p(candidates, options_.min_p);
  }
  normalise(candidates, options_.temperature);
  double left = random_.uniform(accepted_);
  for (const TokenCandidate& candidate : candidates) {
    left -= static_cast<double>(candidate.probability);
    if (left < 0) return candidate.id;
  }
  return candidates.front().id;  // what rounding left over
}

// One pass with a heap of the best so far: nearly every entry costs one comparison.
std::vector<TokenCandidate> likeliest(std::span<const float> logits, int count) {
  const size_t n = std::min(logits.size(), static_cast<size_t>(std::max(0, count)));
  std::vector<TokenCandidate> best;
  best.reserve(n + 1);
  if (n == 0) return best;
  float least = 0;
  for (size_t i = 0; i < logits.size(); ++i) {
    if (best.size() == n && !(logits[i] > least)) continue;  // a later id loses a tie
    if (best.size() == n) {
      std::ranges::pop_heap(best, likelier);
      best.pop_back();
    }
    best.push_back({static_cast<int32_t>(i), logits[i], 0});
    std::ranges::push_heap(best, likelier);
    least = best.front().logit;
  }
  std::ranges::sort(best, likelier);
  return best;
}

void cut_top_p(std::vector<TokenCandidate>& candidates, double top_p) {
  double sum = 0;
  for (size_t i = 0; i < candidates.size(); ++i) {
    sum += static_cast<double>(candidates[i].probability);
    if (sum >= top_p) {
      candidates.resize(i + 1);
      return;
    }
  }
}

void cut_min_p(std::vector<TokenCandidate>& candidates, double min_p) {
  const double least = min_p * static_cast<double>(candidates.front().probability);
  const auto below = [&](const TokenCandidate& candidate) {
    return static_cast<double>(candidate.probability) < least;
  };
  candidates.erase(std::find_if(candidates.begin() + 1, candidates.end(), below), candidates.end());
}

// Keeps the tokens whose surprise is nearest to the entropy, until they hold typical_p of the probability.
void cut_typical(std::vector<TokenCandidate>& candidates, double typical_p) {
  double entropy = 0;
  for (const TokenCandidate& candidate : candidates) {
    const auto p = static_cast<double>(candidate.probability);
    if (p > 0) entropy -= p * std::log(p);
  }
  std::vector<std::pair<double, size_t>> order;  // distance of the surprise from the entropy
  for (size_t i = 0; i < candidates.size(); ++i) {
    const auto p = static_cast<double>(candidates[i].probability);
    order.emplace_back(p > 0 ? std::abs(-std::log(p) - entropy) : std::numeric_limits<double>::infinity(), i);
  }
  std::ranges::sort(order);
  std::vector<TokenCandidate> kept;
  double sum = 0;
  for (const auto& [distance, i] : order) {
    kept.push_back(candidates[i]);
    sum += static_cast<double>(candidates[i].probability);
    if (sum >= typical_p) break;
  }
  std::ranges::sort(kept, likelier);
  candidates = std::move(kept);
}

double log_probability(std::span<const float> logits, int32_t token) {
  return static_cast<double>(logits[static_cast<size_t>(token)]) - log_sum(logits);
}

std::vector<std::pair<int32_t, double>> top_log_probabilities(std::span<const float> logits, int count) {
  const double sum = log_sum(logits);
  std::vector<std::pair<int32_t, double>> top;
  for (const TokenCandidate& candidate : likeliest(logits, count)) {
    top.emplace_back(candidate.id, static_cast<double>(candidate.logit) - sum);
  }
  return top;
}

}  // namespace diptych
