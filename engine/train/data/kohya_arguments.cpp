// The options within options of sd-scripts: optimizer_args and network_args, lists of "name=value".
#include <charconv>
#include <optional>

#include "engine/train/data/kohya_keys.h"

namespace diptych::train {
namespace {

using nlohmann::json;

struct Argument {
  std::string name, text;
  json value;  // as a number, a boolean, or the text
};

std::optional<double> number_in(std::string_view text) {
  double value = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
  if (error != std::errc() || end != text.data() + text.size()) return std::nullopt;
  return value;
}

// As Python's literals are written there.
json value_of(const std::string& text) {
  if (text == "True" || text == "true") return true;
  if (text == "False" || text == "false") return false;
  const auto number = number_in(text);
  if (!number) return text;
  const auto whole = static_cast<int64_t>(*number);
  if (static_cast<double>(whole) == *number && text.find_first_of(".eE") == std::string::npos) return whole;
  return *number;
}

std::vector<Argument> split_arguments(const char* key, const json& arguments, KohyaTarget& target) {
  std::vector<Argument> split;
  const json list = arguments.is_array() ? arguments : json::array({arguments});
  for (const json& entry : list) {
    const std::string text = entry.is_string() ? entry.get<std::string>() : "";
    const size_t equals = text.find('=');
    if (equals == std::string::npos) {
      target.refuse(key, entry, "it is not written as name=value");
      continue;
    }
    std::string value = text.substr(equals + 1);
    if (value.size() > 1 && (value.front() == '"' || value.front() == '\'') && value.back() == value.front())
      value = value.substr(1, value.size() - 2);
    split.push_back({text.substr(0, equals), value, value_of(value)});
  }
  return split;
}

// "0.9,0.999", "(0.9, 0.999)"
bool take_betas(std::string text, KohyaTarget& target) {
  std::erase_if(text, [](char c) { return std::string_view("()[] ").find(c) != std::string_view::npos; });
  const size_t comma = text.find(',');
  if (comma == std::string::npos) return false;
  const auto first = number_in(text.substr(0, comma)), second = number_in(text.substr(comma + 1));
  if (!first || !second) return false;
  target.set("/optimizer/beta_1", *first);
  target.set("/optimizer/beta_2", *second);
  return true;
}

}  // namespace

void take_kohya_optimizer_arguments(const json& arguments, KohyaTarget& target) {
  static const std::map<std::string, const char*> pointers{{"weight_decay", "weight_decay"},
                                                           {"eps", "epsilon"},
                                                           {"momentum", "momentum"},
                                                           {"d0", "initial_step_size"},
                                                           {"d_coef", "step_size_factor"},
                                                           {"use_bias_correction", "bias_correction_rate"},
                                                           {"safeguard_warmup", "safeguard_warmup"},
                                                           {"relative_step", "relative_step"}};
  for (const Argument& argument : split_arguments("optimizer_args", arguments, target)) {
    const auto found = pointers.find(argument.name);
    if (found != pointers.end()) {
      target.set(std::string("/optimizer/") + found->second, argument.value);
    } else if (argument.name == "decouple" && argument.value == true) {
      continue;  // weight decay is decoupled here
    } else if (argument.name != "betas" || !take_betas(argument.text, target)) {
      target.refuse("optimizer_args." + argument.name, argument.text, "the optimizer has no such option here");
    }
  }
}

void take_kohya_network_arguments(const json& arguments, KohyaTarget& target) {
  static const std::map<std::string, const char*> pointers{
      {"conv_dim", "/conv_rank"}, {"factor", "/lokr_factor"}, {"loraplus_lr_ratio", "/lora_plus_ratio"}};
  bool decomposed = false;
  for (const Argument& argument : split_arguments("network_args", arguments, target)) {
    const auto found = pointers.find(argument.name);
    if (found != pointers.end()) {
      target.set(found->second, argument.value);
    } else if (argument.name == "algo" && (argument.text == "loha" || argument.text == "lokr")) {
      target.set("/method", argument.text);
    } else if (argument.name == "algo" && (argument.text == "lora" || argument.text == "locon")) {
      continue;
    } else if (argument.name == "dora_wd" && argument.value.is_boolean()) {
      decomposed = argument.value.get<bool>();
    } else {
      target.refuse("network_args." + argument.name, argument.text, "the adapter has no such option here");
    }
  }
  if (!decomposed) return;
  if (target.recipe.value("method", "lora") == "lora") {
    target.set("/method", "dora");
  } else {
    target.refuse("network_args.dora_wd", true, "only LoRA's weights are decomposed here");
  }
}

}  // namespace diptych::train
