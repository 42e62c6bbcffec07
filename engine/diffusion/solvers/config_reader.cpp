#include "engine/diffusion/solvers/config_reader.h"

#include <cmath>
#include <limits>
#include <string_view>

#include "engine/core/error.h"

namespace diptych::diffusion {

std::string joined_names(const std::vector<std::string>& names) {
  std::string text;
  for (const std::string& name : names) text += (text.empty() ? "" : ", ") + name;
  return text;
}

void ConfigReader::read(const char* key, bool& value) const {
  if (!has(key)) {
    if (values_.contains(key)) value = false;  // Python's None
    return;
  }
  if (!values_[key].is_boolean()) wrong(key, "is not true or false");
  value = values_[key].get<bool>();
}

void ConfigReader::read(const char* key, double& value) const {
  if (!has(key)) return;
  const nlohmann::json& entry = values_[key];
  if (std::string_view(key) == "lambda_min_clipped" && entry == "-Infinity") {
    value = -std::numeric_limits<double>::infinity();
    return;
  }
  if (!entry.is_number()) wrong(key, "is not a number");
  value = entry.get<double>();
  if (!std::isfinite(value)) wrong(key, "is not finite");
}

void ConfigReader::read(const char* key, float& value) const {
  double wide = value;
  read(key, wide);
  value = static_cast<float>(wide);
}

void ConfigReader::read(const char* key, std::optional<double>& value) const {
  if (!has(key)) return;
  double number = 0;
  read(key, number);
  value = number;
}

void ConfigReader::read(const char* key, int& value, int least, int most) const {
  if (!has(key)) return;
  const nlohmann::json& entry = values_[key];
  if (!entry.is_number_integer() || entry.get<double>() < least || entry.get<double>() > most)
    wrong(key, "is not a whole number from " + std::to_string(least) + " to " + std::to_string(most));
  value = entry.get<int>();
}

void ConfigReader::read(const char* key, std::string& value) const {
  if (!has(key)) return;
  if (!values_[key].is_string()) wrong(key, "is not a string");
  value = values_[key].get<std::string>();
}

void ConfigReader::read(const char* key, std::vector<float>& values) const {
  if (!has(key)) return;
  const nlohmann::json& entry = values_[key];
  if (!entry.is_array() || entry.empty() || entry.size() > most_training_timesteps) wrong(key, "is no list");
  for (const nlohmann::json& item : entry) {
    if (!item.is_number() || item.get<double>() < 0 || item.get<double>() >= 1) wrong(key, "holds no valid beta");
    values.push_back(item.get<float>());
  }
}

void ConfigReader::read(const char* key, std::vector<int>& values) const {
  if (!has(key)) return;
  const nlohmann::json& entry = values_[key];
  if (!entry.is_array()) wrong(key, "is no list");
  for (const nlohmann::json& item : entry) {
    if (!item.is_number_integer()) wrong(key, "holds something else than whole numbers");
    values.push_back(item.get<int>());
  }
}

void ConfigReader::wrong(const char* key, const std::string& why) const {
  throw Error(ErrorCategory::invalid_file, cannot_read_scheduler, source_, std::string(key) + " " + why,
              "correct it or download the file again");
}

void ConfigReader::unsupported(const std::string& why) const {
  throw Error(ErrorCategory::unsupported, cannot_read_scheduler, source_, why,
              "choose another scheduler or change the parameter");
}

void ConfigReader::unknown_name(const char* key, const std::string& name, const std::vector<std::string>& known) const {
  throw Error(ErrorCategory::unsupported, cannot_read_scheduler, source_,
              std::string(key) + " \"" + name + "\" is not supported", "use one of: " + joined_names(known));
}

}  // namespace diptych::diffusion
