// Whether a model can be trained, asked of its own code: an adapter's step on the meta device.
#pragma once

#include <filesystem>
#include <string>

#include "engine/model/registry.h"
#include "engine/train/open_task.h"

namespace diptych::plan {

struct Trainable {
  bool adapters = false;  // LoRA and its like
  bool full = false;      // all weights
  bool quantized = false;
  int64_t parameters = 0;           // of an image model its denoiser's; 0: not known
  int side = 0, side_multiple = 1;  // pixels, of an image model: what it was made for, and what divides its sides
  bool flow = false;                // of an image model: it was trained by flow matching
  bool text_encoders = false;       // of an image model: adapters of those as well
  bool words = false;               // of an image model: textual inversion
  std::string why_not = {};         // adapters
};

// Does not throw: what opening it says is `why_not`.
Trainable trainable_model(const ModelRegistry& registry, const std::filesystem::path& path, train::BaseKind kind);

}  // namespace diptych::plan
