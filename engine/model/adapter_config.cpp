#include "engine/model/adapter_config.h"

#include <array>
#include <cmath>
#include <nlohmann/json.hpp>
#include <utility>

#include "engine/core/error.h"
#include "engine/io/formats/json_text.h"

namespace diptych {
namespace {

using nlohmann::json;

class ConfigReader {
 public:
  ConfigReader(const json& config, std::string prefix, std::string origin)
      : config_(config), prefix_(std::move(prefix)), origin_(std::move(origin)) {}

  const json* find(const std::string& key) const {
    const auto found = config_.find(prefix_ + key);
    return found == config_.end() || found->is_null() ? nullptr : &*found;
  }

  std::optional<double> number(const std::string& key) const {
    const json* value = find(key);
    if (value == nullptr) return std::nullopt;
    return number_of(*value, key);
  }

  bool flag(const std::string& key) const {
    const json* value = find(key);
    if (value == nullptr) return false;
    if (!value->is_boolean()) fail(key, "is neither true nor false");
    return value->get<bool>();
  }

  std::vector<AdapterScaling::Pattern> patterns(const std::string& key) const {
    std::vector<AdapterScaling::Pattern> list;
    const json* value = find(key);
    if (value == nullptr) return list;
    if (!value->is_object()) fail(key, "is no object");
    for (const auto& [pattern, one] : value->items()) {
      list.push_back(
          {std::make_shared<const Regex>("\\A(?:.*\\.)?(?:" + pattern + ")\\z", origin_), number_of(one, key)});
    }
    return list;
  }

  // Error (unsupported) where what would change the result is given.
  void refuse(const std::string& key) const {
    const json* value = find(key);
    if (value == nullptr || *value == false || (value->is_structured() && value->empty())) return;
    throw Error(ErrorCategory::unsupported, "cannot read adapter", origin_,
                prefix_ + key + " asks for a variant that is not computed",
                "merge the adapter with the program that made it, or train one without this");
  }

  [[noreturn]] void fail(const std::string& key, const std::string& why) const {
    throw Error(ErrorCategory::invalid_file, "cannot read adapter", origin_, prefix_ + key + " " + why,
                "the file is damaged: download it again");
  }

 private:
  double number_of(const json& value, const std::string& key) const {
    if (!value.is_number() || !std::isfinite(value.get<double>()) || std::abs(value.get<double>()) > 1e9) {
      fail(key, "is no number that adapters have");
    }
    return value.get<double>();
  }

  const json& config_;
  std::string prefix_, origin_;
};

AdapterScaling scaling_of(const ConfigReader& config) {
  AdapterScaling scaling;
  scaling.alpha = config.number("lora_alpha");
  if (!scaling.alpha) scaling.alpha = config.number("alpha");  // LoHa, LoKr
  scaling.rank = config.number("r");
  scaling.alphas = config.patterns("alpha_pattern");
  scaling.ranks = config.patterns("rank_pattern");
  scaling.rank_stabilised = config.flag("use_rslora");
  if (scaling.rank && *scaling.rank < 1) config.fail("r", "is below 1");
  for (const char* key : {"fan_in_fan_out", "layer_replication", "use_qalora", "alora_invocation_tokens",
                          "arrow_config", "target_parameters", "trainable_token_indices", "use_bdlora"}) {
    config.refuse(key);
  }
  return scaling;
}

std::optional<double> value_of(const std::vector<AdapterScaling::Pattern>& patterns, const std::string& layer) {
  for (const auto& [ending, value] : patterns) {
    if (ending->find(layer, 0).begin == 0) return value;
  }
  return std::nullopt;
}

}  // namespace

std::optional<double> AdapterScaling::alpha_of(const std::string& layer) const {
  const auto special = value_of(alphas, layer);
  return special ? special : alpha;
}

std::optional<double> AdapterScaling::rank_of(const std::string& layer) const {
  const auto special = value_of(ranks, layer);
  return special ? special : rank;
}

const AdapterScaling* AdapterConfig::of(const std::string& component) const {
  const auto own = scaling.find(component), common = scaling.find("");
  return own != scaling.end() ? &own->second : common != scaling.end() ? &common->second : nullptr;
}

AdapterConfig adapter_config_of_peft(const json& config, const std::string& origin) {
  const ConfigReader reader(config, "", origin);
  const json* type = reader.find("peft_type");
  const std::string name = type != nullptr && type->is_string() ? type->get<std::string>() : "";
  if (name != "LORA" && name != "LOHA" && name != "LOKR") {
    throw Error(ErrorCategory::unsupported, "cannot read adapter", origin,
                name.empty() ? "peft_type is missing" : "peft_type " + name + " is not supported",
                "choose an adapter of type LORA, LOHA or LOKR");
  }
  return {.peft = true, .scaling = {{"", scaling_of(reader)}}};
}

AdapterConfig adapter_config_of_diffusers(const std::string& metadata, const std::string& origin) {
  const json values = parse_json(metadata, origin);
  if (!values.is_object()) ConfigReader(values, "lora_adapter_metadata", origin).fail("", "is no object");
  constexpr std::array components{
      std::pair{"unet.", "denoiser"}, std::pair{"transformer.", "denoiser"}, std::pair{"text_encoder.", "text_encoder"},
      std::pair{"text_encoder_2.", "text_encoder_2"}, std::pair{"text_encoder_3.", "text_encoder_3"}};
  AdapterConfig config{.peft = true, .scaling = {}};
  for (const auto& [prefix, component] : components) {
    const ConfigReader reader(values, prefix, origin);
    if (reader.find("lora_alpha") != nullptr) config.scaling[component] = scaling_of(reader);
  }
  return config;
}

}  // namespace diptych
