// What stands beside an adapter's tensors: PEFT's adapter_config.json, the metadata of diffusers' files, llama.cpp's.
#pragma once

#include <map>
#include <memory>
#include <nlohmann/json_fwd.hpp>
#include <optional>
#include <string>
#include <vector>

#include "engine/text/regex.h"

namespace diptych {

// What PEFT multiplies an adapter by: alpha / rank, or alpha / sqrt(rank) (rank-stabilised LoRA, Kalajdzievski 2023).
struct AdapterScaling {
  // The first pattern that a layer's name ends with decides in place of the common value.
  struct Pattern {
    std::shared_ptr<const Regex> ending;
    double value = 0;
  };
  std::optional<double> alpha, rank;
  std::vector<Pattern> alphas, ranks;
  bool rank_stabilised = false;

  std::optional<double> alpha_of(const std::string& layer) const;
  std::optional<double> rank_of(const std::string& layer) const;
};

struct AdapterConfig {
  bool peft = false;                              // LoKr and LoHa are scaled as PEFT does
  std::map<std::string, AdapterScaling> scaling;  // by component (see AdapterLayer); "": of every other one

  const AdapterScaling* of(const std::string& component) const;
};

// Error (invalid_file, unsupported) names the key. `origin`: the file, for messages.
AdapterConfig adapter_config_of_peft(const nlohmann::json& config, const std::string& origin);
// diffusers keeps PEFT's values of each component in one JSON text: "unet.lora_alpha", …
AdapterConfig adapter_config_of_diffusers(const std::string& metadata, const std::string& origin);

}  // namespace diptych
