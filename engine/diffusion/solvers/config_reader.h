// Typed reading of one scheduler's parameters; every error names the file and the parameter.
#pragma once

#include <map>
#include <nlohmann/json.hpp>
#include <optional>
#include <string>
#include <vector>

namespace diptych::diffusion {

inline constexpr const char* cannot_read_scheduler = "cannot read scheduler configuration";
inline constexpr int most_training_timesteps = 1'000'000;

std::string joined_names(const std::vector<std::string>& names);

// A parameter that is absent leaves the value as it is; null counts as absent, or as false.
// Errors: invalid_file for wrong types and ranges, unsupported for names that are not known.
class ConfigReader {
 public:
  ConfigReader(nlohmann::json values, std::string source) : values_(std::move(values)), source_(std::move(source)) {}

  bool has(const char* key) const { return values_.contains(key) && !values_[key].is_null(); }

  void read(const char* key, bool& value) const;
  void read(const char* key, double& value) const;  // finite; lambda_min_clipped: or -Infinity
  void read(const char* key, float& value) const;
  void read(const char* key, std::optional<double>& value) const;
  void read(const char* key, int& value, int least, int most) const;
  void read(const char* key, std::string& value) const;
  void read(const char* key, std::vector<float>& values) const;  // betas: at least one, each in [0, 1)
  void read(const char* key, std::vector<int>& values) const;

  // One of the names; the error lists them.
  template <class Value>
  void choose(const char* key, Value& value, const std::map<std::string, Value>& names) const {
    if (!has(key)) return;
    std::string name;
    read(key, name);
    const auto found = names.find(name);
    if (found != names.end()) {
      value = found->second;
      return;
    }
    std::vector<std::string> known;
    for (const auto& [known_name, unused] : names) known.push_back(known_name);
    unknown_name(key, name, known);
  }

  [[noreturn]] void wrong(const char* key, const std::string& why) const;
  [[noreturn]] void unsupported(const std::string& why) const;

 private:
  [[noreturn]] void unknown_name(const char* key, const std::string& name, const std::vector<std::string>& known) const;

  nlohmann::json values_;
  std::string source_;
};

}  // namespace diptych::diffusion
