// Sampler options as every command that generates text takes them.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "engine/llm/sampler.h"

namespace CLI {
class App;
}

namespace diptych::cli {

struct SamplingOptions {
  double temperature = 0.7;
  int top_k = 40;
  double top_p = 0.95, min_p = 0.05, typical_p = 1;
  std::optional<double> repeat_penalty;  // unset: 1.1, and off where the answer is greedy
  int repeat_window = 64;
  double presence_penalty = 0, frequency_penalty = 0;
  std::vector<std::string> logit_bias;  // "ID:BIAS"

  void add_to(CLI::App& command);
  SamplerOptions make(int64_t seed) const;  // seed -1: a fresh one
};

}  // namespace diptych::cli
