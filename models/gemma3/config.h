// Gemma 3's configuration. Most layers see a window and turn with a short-range rotary base; every sixth sees
// everything. attn_logit_softcapping is Gemma 2's: the reference implementation reads and ignores it.
#pragma once

#include "models/common/rope_scaling.h"
#include "models/gemma3/layer.h"

namespace diptych::models {

struct Gemma3Config : GemmaConfig {
  Rope global_rope, local_rope;
};

Gemma3Config gemma3_config(const ModelSource& source, WeightLoader& loader);

}  // namespace diptych::models
