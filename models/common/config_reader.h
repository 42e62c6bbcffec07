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
  std::vector<int64_t> counts(const char* key) const;     // each 0 … largest_extent; empty: none, or null
  std::vector<std::string> texts(const char* key) const;  // empty: none
  const nlohmann::json* object(const char* key) const;    // nullptr: none, or null

  [[noreturn]] void fail(const std::string& key, const std::string& why) const;
  // Error (unsupported): a value that changes what is computed, and that nothing here computes.
  [[noreturn]] void refuse(const std::string& key, const std::string& value) const;

 private:
  const nlohmann::json* value(const char* key) const;

  std::shared_ptr<const nlohmann::json> root_;
  const nlohmann::json* config_;
  std::string path_;
};

// Error (invalid_file) where a width, a product of two extents, is none itself.
void check_width(const HfConfig& config, int64_t width, const char* key = "num_attention_heads");

// Error (invalid_file) where no table of places can be made: width no multiple of 4, samples smaller than a patch.
void check_grid(const HfConfig& config, int64_t width, int64_t sample_size, int64_t patch);

// The sizes of a head's parts that turn along the axes of an image. Error (invalid_file) where one is odd or they are
// not a head together.
std::vector<int64_t> rope_dims_of(const HfConfig& config, const char* key, std::vector<int64_t> fallback,
                                  int64_t head_dim);

// Error (unsupported) where the source is no Hugging Face folder.
void require_folder(const ModelSource& source);

}  // namespace diptych::models
