// Whether a model can be trained, asked of its own code: an adapter's step on the meta device.
#pragma once

#include <filesystem>
#include <string>

#include "engine/model/registry.h"

namespace diptych::plan {

struct Trainable {
  bool adapters = false;  // LoRA and its like
  bool full = false;      // all weights
  bool quantized = false;
  int64_t parameters = 0;
  std::string why_not = {};  // adapters
};

// Of a language model. Does not throw: what opening it says is `why_not`.
Trainable trainable_text_model(const ModelRegistry& registry, const std::filesystem::path& path);

}  // namespace diptych::plan
