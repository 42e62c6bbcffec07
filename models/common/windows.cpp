#include "models/common/windows.h"

namespace diptych::models {
namespace {

constexpr int64_t default_max_window_layers = 28;  // of Qwen2 and Qwen3

}  // namespace

std::vector<int64_t> windows_of_hf(const HfConfig& config, int64_t layers) {
  const auto count = static_cast<size_t>(layers);
  const int64_t window = config.contains("sliding_window") ? config.extent("sliding_window", 0) : default_window;
  std::vector<int64_t> windows(count, 0);
  const std::vector<std::string> types = config.texts("layer_types");
  if (!types.empty()) {
    if (types.size() < count) config.fail("layer_types", "has fewer entries than there are layers");
    for (size_t i = 0; i < count; ++i) {
      if (types[i] == "sliding_attention") {
        if (window == 0) config.fail("sliding_window", "is null, but layer_types asks for it");
        windows[i] = window;
      } else if (types[i] != "full_attention") {
        config.fail("layer_types", "names '" + types[i] + "', which is not supported");
      }
    }
    return windows;
  }
  if (!config.flag("use_sliding_window", false)) return windows;
  for (auto i = static_cast<size_t>(config.count("max_window_layers", default_max_window_layers)); i < count; ++i)
    windows[i] = window;
  return windows;
}

std::vector<int64_t> alternating_windows(int64_t layers, int64_t window, int64_t pattern) {
  std::vector<int64_t> windows;
  for (int64_t i = 0; i < layers; ++i) windows.push_back((i + 1) % pattern == 0 ? 0 : window);
  return windows;
}

}  // namespace diptych::models
