// Typed, checked access to the two kinds of configuration: GGUF metadata under the architecture's prefix, and
// config.json. Errors are invalid_file and name file and key.
#pragma once

#include <cstdint>
#include <nlohmann/json_fwd.hpp>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "engine/model/model_source.h"

namespace diptych::models {

// A number of config.json or GGUF metadata that describes an extent; larger ones are damage, not models.
inline constexpr int64_t largest_extent = int64_t{1} << 31;

class GgufConfig {
 public:
  explicit GgufConfig(const ModelSource& source);

  int64_t extent(std::string_view key) const;  // required, 1 … largest_extent
  int64_t extent(std::string_view key, int64_t fallback) const;
  std::optional<float> number(std::string_view key) const;
  std::optional<std::string> text(std::string_view key) const;
  // A value for every layer: some files give one for all, some a list.
  int64_t extent_of_all_layers(std::string_view key, int64_t fallback) const;
  bool contains(std::string_view key) const;

 private:
  std::string full(std::string_view key) const { return prefix_ + std::string(key); }

  const GgufMetadata& metadata_;
  std::string prefix_, path_;
};

class HfConfig {
 public:
  // The part that describes the language model: config.json itself, or its "text_config".
  explicit HfConfig(const ModelSource& source);

  int64_t extent(const char* key) const;
  int64_t extent(const char* key, int64_t fallback) const;  // also where the value is null
  int64_t count(const char* key, int64_t fallback) const;   // as extent, but may be 0
  bool contains(const char* key) const;                     // null included: "none" is not the same as "as usual"
  std::optional<double> number(const char* key) const;
  std::optional<std::string> text(const char* key) const;
  bool flag(const char* key, bool fallback) const;
  std::vector<std::string> texts(const char* key) const;  // empty: none
  const nlohmann::json* object(const char* key) const;    // nullptr: none, or null
  std::vector<int64_t> extents(const char* key) const;    // a list; empty: none
  std::vector<int64_t> counts(const char* key) const;     // as extents, but each may be 0
  // One for each of n levels, where a single number stands for all of them.
  std::vector<int64_t> extents_of_levels(const char* key, int64_t n, int64_t fallback) const;

  // Error (unsupported) where the value is given and is neither null nor `only`: a variant that is not computed.
  void expect(const char* key, const nlohmann::json& only) const;

  // Error (unsupported).
  [[noreturn]] void refuse(const std::string& key, const std::string& why, const std::string& to_do) const;
  [[noreturn]] void fail(const std::string& key, const std::string& why) const;

 private:
  const nlohmann::json* value(const char* key) const;
  std::vector<int64_t> whole_numbers(const char* key, int64_t least) const;

  std::shared_ptr<const nlohmann::json> root_;
  const nlohmann::json* config_;
  std::string path_;
};

}  // namespace diptych::models
