#include "engine/diffusion/condition/perturbed_attention.h"

#include <algorithm>
#include <regex>

#include "engine/core/error.h"

namespace diptych::diffusion {
namespace {

constexpr size_t longest_pattern = 200;  // what a name of a layer needs; matching takes the stack of longer ones

[[noreturn]] void refuse_pattern(const std::string& pattern, const std::string& why, const std::string& to_do) {
  throw Error(ErrorCategory::invalid_argument, "cannot perturb attention", pattern, why, to_do);
}

std::regex compiled(const std::string& pattern) {
  try {
    if (pattern.size() <= longest_pattern) return std::regex(pattern);
  } catch (const std::regex_error&) {  // told below, as is one that is too long
  }
  refuse_pattern(pattern, "it is no regular expression of a layer's name", R"(give one as mid or up_blocks\.1)");
}

std::vector<std::string> usual_layers(const std::vector<std::string>& names) {
  const bool unet = std::ranges::any_of(names, [](const std::string& name) { return name.starts_with("mid_block"); });
  return {unet ? "mid_block" : R"(blocks\.1\b)"};
}

}  // namespace

double PerturbedAttention::scale_at(double timestep) const {
  return adaptive > 0 ? std::max(0.0, scale - adaptive * (1000 - timestep)) : scale;
}

std::vector<bool> perturbed_layers(const DenoiserInfo& denoiser, const std::vector<std::string>& patterns) {
  const std::vector<std::string>& names = denoiser.self_attentions;
  if (names.empty()) {
    refuse_pattern(denoiser.architecture, "none of its layers can be perturbed",
                   "leave perturbed-attention guidance out");
  }
  std::vector<bool> chosen(names.size());
  for (const std::string& pattern : patterns.empty() ? usual_layers(names) : patterns) {
    const std::regex expression = compiled(pattern);
    bool found = false;
    for (size_t i = 0; i < names.size(); ++i) {
      if (!std::regex_search(names[i], expression)) continue;
      chosen[i] = found = true;
    }
    if (!found) {
      refuse_pattern(pattern, "no self-attention of " + denoiser.architecture + " is named so",
                     "name a part of one, as " + names.front());
    }
  }
  return chosen;
}

std::vector<bool> known_perturbed_layers(const DenoiserInfo& denoiser, const std::vector<std::string>& patterns) {
  std::vector<std::string> known;
  for (const std::string& pattern : patterns) {
    const std::regex expression = compiled(pattern);
    const auto found = [&](const std::string& name) { return std::regex_search(name, expression); };
    if (std::ranges::any_of(denoiser.self_attentions, found)) known.push_back(pattern);
  }
  return perturbed_layers(denoiser, known);
}

}  // namespace diptych::diffusion
