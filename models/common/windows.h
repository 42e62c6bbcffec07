// Which layers see only a window of the last keys.
#pragma once

#include <vector>

#include "models/common/config_reader.h"

namespace diptych::models {

// What a configuration without "sliding_window" means; null means that there is none.
inline constexpr int64_t default_window = 4096;

// One entry per layer, 0: sees every key. "layer_types" decides where config.json has it; otherwise
// `use_sliding_window` and `max_window_layers` as Qwen2 defines them.
std::vector<int64_t> windows_of_hf(const HfConfig& config, int64_t layers);

// Every `pattern`-th layer sees every key, the others a window (Gemma 2 and 3).
std::vector<int64_t> alternating_windows(int64_t layers, int64_t window, int64_t pattern);

}  // namespace diptych::models
