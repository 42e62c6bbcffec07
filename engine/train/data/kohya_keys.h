// Which of sd-scripts' options become which of a recipe's keys.
#pragma once

#include <nlohmann/json.hpp>
#include <string>
#include <string_view>
#include <vector>

#include "engine/train/data/kohya.h"

namespace diptych::train {

// A recipe's JSON as it grows, and what finds no place in it.
struct KohyaTarget {
  nlohmann::json recipe = nlohmann::json::object();
  std::vector<NotTaken> not_taken;

  void set(const std::string& pointer, const nlohmann::json& value);  // "/image/flip"
  void refuse(std::string_view key, const nlohmann::json& value, std::string reason);
};

// One option; false where nobody knows it.
bool take_kohya_option(const std::string& key, const nlohmann::json& value, KohyaTarget& target);

// "name=value" arguments of the optimizer and of the adapter.
void take_kohya_optimizer_arguments(const nlohmann::json& arguments, KohyaTarget& target);
void take_kohya_network_arguments(const nlohmann::json& arguments, KohyaTarget& target);

}  // namespace diptych::train
