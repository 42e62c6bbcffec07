#include "models/common/config_reader.h"

#include <algorithm>
#include <cmath>
#include <nlohmann/json.hpp>

#include "engine/core/error.h"

namespace diptych::models {
namespace {

[[noreturn]] void reject(const std::string& path, const std::string& key, const std::string& why) {
  throw Error(ErrorCategory::invalid_file, "cannot load model", path, key + " " + why,
              "the file is damaged or of a kind that is not known: download it again");
}

int64_t checked_extent(int64_t value, const std::string& path, const std::string& key) {
  if (value < 1 || value > largest_extent) reject(path, key, "is " + std::to_string(value));
  return value;
}

}  // namespace

GgufConfig::GgufConfig(const ModelSource& source)
    : metadata_(source.gguf->metadata()), prefix_(source.gguf->architecture() + "."), path_(source.path.string()) {}

bool GgufConfig::contains(std::string_view key) const {
  return metadata_.contains(full(key));
}

int64_t GgufConfig::extent(std::string_view key) const {
  const auto value = metadata_.get_i64(full(key));
  if (!value) reject(path_, full(key), "is missing");
  return checked_extent(*value, path_, full(key));
}

int64_t GgufConfig::extent(std::string_view key, int64_t fallback) const {
  return contains(key) ? extent(key) : fallback;
}

std::optional<float> GgufConfig::number(std::string_view key) const {
  const auto value = metadata_.get_f32(full(key));
  if (value && !std::isfinite(*value)) reject(path_, full(key), "is not a finite number");
  return value;
}

std::optional<std::string> GgufConfig::text(std::string_view key) const {
  const auto value = metadata_.get_string(full(key));
  return value ? std::optional(std::string(*value)) : std::nullopt;
}

int64_t GgufConfig::extent_of_all_layers(std::string_view key, int64_t fallback) const {
  const auto values = metadata_.get_i64s(full(key));
  if (!values || values->empty()) return fallback;
  if (std::any_of(values->begin(), values->end(), [&](int64_t value) { return value != values->front(); })) {
    reject(path_, full(key), "differs between layers, which this architecture does not provide for");
  }
  return checked_extent(values->front(), path_, full(key));
}

HfConfig::HfConfig(const ModelSource& source) : root_(source.hf->config), config_(root_.get()), path_(source.path) {
  if (const auto text = config_->find("text_config"); text != config_->end() && text->is_object()) config_ = &*text;
}

void HfConfig::fail(const std::string& key, const std::string& why) const {
  reject(path_ + "/config.json", key, why);
}

const nlohmann::json* HfConfig::value(const char* key) const {
  const auto found = config_->find(key);
  return found == config_->end() || found->is_null() ? nullptr : &*found;
}

int64_t HfConfig::extent(const char* key) const {
  const nlohmann::json* found = value(key);
  if (found == nullptr) fail(key, "is missing");
  if (!found->is_number_integer()) fail(key, "is not a whole number");
  return checked_extent(found->get<int64_t>(), path_ + "/config.json", key);
}

int64_t HfConfig::extent(const char* key, int64_t fallback) const {
  return value(key) == nullptr ? fallback : extent(key);
}

int64_t HfConfig::count(const char* key, int64_t fallback) const {
  const nlohmann::json* found = value(key);
  return found != nullptr && *found == 0 ? 0 : extent(key, fallback);
}

bool HfConfig::contains(const char* key) const {
  return config_->contains(key);
}

std::optional<double> HfConfig::number(const char* key) const {
  const nlohmann::json* found = value(key);
  if (found == nullptr) return std::nullopt;
  if (!found->is_number()) fail(key, "is not a number");
  return found->get<double>();
}

std::optional<std::string> HfConfig::text(const char* key) const {
  const nlohmann::json* found = value(key);
  if (found == nullptr) return std::nullopt;
  if (!found->is_string()) fail(key, "is not a text");
  return found->get<std::string>();
}

bool HfConfig::flag(const char* key, bool fallback) const {
  const nlohmann::json* found = value(key);
  if (found == nullptr) return fallback;
  if (!found->is_boolean()) fail(key, "is neither true nor false");
  return found->get<bool>();
}

std::vector<std::string> HfConfig::texts(const char* key) const {
  std::vector<std::string> result;
  const nlohmann::json* found = value(key);
  if (found == nullptr) return result;
  if (!found->is_array()) fail(key, "is not a list");
  for (const nlohmann::json& entry : *found) {
    if (!entry.is_string()) fail(key, "holds something that is not a text");
    result.push_back(entry.get<std::string>());
  }
  return result;
}

const nlohmann::json* HfConfig::object(const char* key) const {
  const nlohmann::json* found = value(key);
  if (found != nullptr && !found->is_object()) fail(key, "is not an object");
  return found;
}

std::vector<int64_t> HfConfig::whole_numbers(const char* key, int64_t least) const {
  std::vector<int64_t> result;
  const nlohmann::json* found = value(key);
  if (found == nullptr) return result;
  if (!found->is_array()) fail(key, "is not a list");
  for (const nlohmann::json& entry : *found) {
    if (!entry.is_number_integer()) fail(key, "holds something that is not a whole number");
    const auto number = entry.get<int64_t>();
    if (number < least || number > largest_extent) fail(key, "holds " + std::to_string(number));
    result.push_back(number);
  }
  return result;
}

std::vector<int64_t> HfConfig::extents(const char* key) const {
  return whole_numbers(key, 1);
}

std::vector<int64_t> HfConfig::counts(const char* key) const {
  return whole_numbers(key, 0);
}

std::vector<int64_t> HfConfig::extents_of_levels(const char* key, int64_t n, int64_t fallback) const {
  const nlohmann::json* found = value(key);
  if (found == nullptr || !found->is_array()) return std::vector(static_cast<size_t>(n), extent(key, fallback));
  std::vector<int64_t> result = extents(key);
  if (static_cast<int64_t>(result.size()) != n) fail(key, "does not have " + std::to_string(n) + " entries");
  return result;
}

void HfConfig::refuse(const std::string& key, const std::string& why, const std::string& to_do) const {
  throw Error(ErrorCategory::unsupported, "cannot load model", path_ + "/config.json", key + " " + why, to_do);
}

void HfConfig::expect(const char* key, const nlohmann::json& only) const {
  const nlohmann::json* found = value(key);
  if (found == nullptr || *found == only) return;
  refuse(key, "is " + found->dump() + ", which is not computed here", "choose a model where it is " + only.dump());
}

}  // namespace diptych::models
