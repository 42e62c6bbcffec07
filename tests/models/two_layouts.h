// Small transformers under diffusers' names and under their authors', and what they answer.
#pragma once

#include <cstdint>
#include <filesystem>
#include <map>
#include <nlohmann/json.hpp>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "engine/core/shape.h"
#include "engine/model/adapters.h"
#include "kernels/common/dtype.h"

namespace diptych::testing {

struct LayoutValues {
  Shape dims;
  std::vector<float> values;
};
using LayoutWeights = std::map<std::string, LayoutValues>;

void write_weights(const std::filesystem::path& path, const LayoutWeights& weights);

void exchange_halves(std::vector<float>& values);

// A network under diffusers' names, and the same under the original ones.
class TwoLayouts {
 public:
  void layer(const std::string& name, const std::string& original, int64_t rows, int64_t cols) {
    split({{name, rows}}, original, cols);
  }
  // One layer in the original, several with diffusers.
  void split(const std::vector<std::pair<std::string, int64_t>>& parts, const std::string& original, int64_t cols);
  // Scale and shift with diffusers, shift and scale in the original.
  void swapped(const std::string& name, const std::string& original, int64_t width);
  void weight(const std::string& name, const std::string& original, const Shape& dims) {
    originals[original] = add(name, dims);
  }

  void write_folder(const std::filesystem::path& folder, const nlohmann::json& config) const;
  void write_gguf(const std::filesystem::path& path, const char* architecture, DType matrices) const;

  LayoutWeights weights, originals;

 private:
  const LayoutValues& add(const std::string& name, const Shape& dims);
};

struct SmallModel {
  TwoLayouts layouts;
  const char* architecture;  // as GGUF files have it
  nlohmann::json config;
};

SmallModel small_flux();
SmallModel small_sd3();

// What the denoiser makes of inputs that are always the same, with an adapter where one is named.
std::vector<float> denoised(const std::filesystem::path& path, const std::filesystem::path& adapter = {},
                            AdapterMode mode = AdapterMode::automatic, std::optional<DType> linear_type = {});

}  // namespace diptych::testing
