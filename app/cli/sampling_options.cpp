#include "app/cli/sampling_options.h"

#include <CLI/CLI.hpp>
#include <charconv>
#include <utility>

namespace diptych::cli {
namespace {

std::pair<int32_t, double> parse_bias(const std::string& text) {
  int32_t id = 0;
  double bias = 0;
  const size_t colon = text.find(':');
  const char* end = text.data() + text.size();
  bool good = colon != std::string::npos;
  if (good) {
    const auto first = std::from_chars(text.data(), text.data() + colon, id);
    const auto second = std::from_chars(text.data() + colon + 1, end, bias);
    good = first.ec == std::errc() && first.ptr == text.data() + colon && second.ec == std::errc() && second.ptr == end;
  }
  if (!good) throw CLI::ValidationError("--logit-bias", text + " is not ID:BIAS, such as 1234:-5");
  return {id, bias};
}

}  // namespace

void SamplingOptions::add_to(CLI::App& command) {
  command.add_option("--temp,--temperature", temperature, "0 is greedy")
      ->check(CLI::Range(0.0, 100.0))
      ->capture_default_str();
  command.add_option("--top-k", top_k, "Likeliest tokens to choose from; 0: all")
      ->check(CLI::Range(0, 1 << 30))
      ->capture_default_str();
  command.add_option("--top-p", top_p, "Their share of the probability; 1: all")
      ->check(CLI::Range(0.0, 1.0))
      ->capture_default_str();
  command.add_option("--min-p", min_p, "Least probability, of the likeliest token's; 0: none")
      ->check(CLI::Range(0.0, 1.0))
      ->capture_default_str();
  command.add_option("--typical", typical_p, "Locally typical share; 1: off")
      ->check(CLI::Range(0.0, 1.0))
      ->capture_default_str();
  command.add_option("--repeat-penalty", repeat_penalty, "1 is off (default: 1.1; off with --temp 0)")
      ->check(CLI::Range(0.01, 100.0));
  command.add_option("--repeat-last-n", repeat_window, "Tokens that the repetition penalty looks back")
      ->check(CLI::Range(0, 1 << 20))
      ->capture_default_str();
  command.add_option("--presence-penalty", presence_penalty, "Against tokens of the answer")
      ->check(CLI::Range(-100.0, 100.0));
  command.add_option("--frequency-penalty", frequency_penalty, "The same, times how often")
      ->check(CLI::Range(-100.0, 100.0));
  command.add_option("--logit-bias", logit_bias, "ID:BIAS, added to a token's score; repeatable");
}

SamplerOptions SamplingOptions::make(int64_t seed) const {
  SamplerOptions options;
  options.temperature = temperature;
  options.top_k = top_k;
  options.top_p = top_p;
  options.min_p = min_p;
  options.typical_p = typical_p;
  options.repeat_penalty = repeat_penalty.value_or(temperature > 0 ? 1.1 : 1.0);
  options.repeat_window = repeat_window;
  options.presence_penalty = presence_penalty;
  options.frequency_penalty = frequency_penalty;
  for (const std::string& bias : logit_bias) options.logit_bias.insert(parse_bias(bias));
  options.seed = seed >= 0 ? seed : fresh_seed();
  return options;
}

}  // namespace diptych::cli
