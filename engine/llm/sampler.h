// From logits to the next token: penalties, cuts, temperature, draw; in the order that users of llama.cpp know.
//
//   logit bias -> repetition, presence and frequency penalties -> top-k -> typical -> top-p -> min-p -> temperature
//   -> draw
#pragma once

#include <cstdint>
#include <functional>
#include <map>
#include <span>
#include <vector>

#include "engine/core/random.h"

namespace diptych {

struct SamplerOptions {
  double temperature = 0.8;   // 0: greedy, the likeliest token after bias and penalties
  int top_k = 0;              // 0: off
  double top_p = 1;           // nucleus (Holtzman et al. 2020); 1: off
  double min_p = 0;           // of the likeliest token's probability (Nguyen et al. 2024); 0: off
  double typical_p = 1;       // locally typical (Meister et al. 2023); 1: off
  double repeat_penalty = 1;  // (Keskar et al. 2019) over the last repeat_window tokens, the prompt's included; 1: off
  int repeat_window = 64;
  double presence_penalty = 0;   // once for each token that was generated
  double frequency_penalty = 0;  // times how often it was
  std::map<int32_t, double> logit_bias{};
  int64_t seed = 0;
};

struct TokenCandidate {
  int32_t id = 0;
  float logit = 0;
  float probability = 0;  // of what is left
};

class Sampler {
 public:
  // Tokens for which `exempt` says so are never penalised: an answer must be able to end as often as it likes.
  explicit Sampler(SamplerOptions options, std::function<bool(int32_t)> exempt = nullptr);

  // The prompt's tokens, which the repetition penalty sees.
  void begin(std::span<const int32_t> prompt);

  // `logits` [vocab]. The draw depends on seed and on how many tokens were accepted, on nothing else.
  int32_t sample(std::span<const float> logits);
  void accept(int32_t token);  // it was generated

  const SamplerOptions& options() const { return options_; }

 private:
  void penalise(std::span<float> logits) const;
  bool changes_logits() const;

  SamplerOptions options_;
  std::function<bool(int32_t)> exempt_;
  RandomStream random_;
  std::vector<int32_t> recent_;        // at most repeat_window
  std::map<int32_t, int64_t> counts_;  // of generated tokens
  uint64_t accepted_ = 0;
  std::vector<float> changed_;  // logits after bias and penalties; kept between tokens
};

// The `count` likeliest, by falling logit; equal logits by id, so that no result depends on how a library sorts.
std::vector<TokenCandidate> likeliest(std::span<const float> logits, int count);

// The cuts, each on candidates sorted by falling logit with their probabilities; the first always stays.
void cut_top_p(std::vector<TokenCandidate>& candidates, double top_p);
void cut_min_p(std::vector<TokenCandidate>& candidates, double min_p);
void cut_typical(std::vector<TokenCandidate>& candidates, double typical_p);

// ln softmax of one entry, and of the `count` likeliest ones, by falling probability.
std::vector<std::pair<int32_t, double>> top_log_probabilities(std::span<const float> logits, int count);
double log_probability(std::span<const float> logits, int32_t token);

}  // namespace diptych
