// Gemma 3's configuration. Most layers see a window and turn with a short-range rotary base; every sixth sees
// everything.
#pragma once

#include <vector>

#include "models/common/decoder_config.h"
#include "models/common/rope_scaling.h"

namespace diptych::models {

struct Gemma3Config : DecoderConfig {
  std::vector<int64_t> windows;  // per layer, 0: sees every key
  float attention_scale = 0;     // 1 / sqrt(query_pre_attn_scalar)
  float logit_softcap = 0;  // attn_logit_softcapping is Gemma 2's: the reference implementation reads and ignores it
  float norm_offset = 0;    // Hugging Face stores norms less one, GGUF as they are
  Rope global_rope, local_rope;
};

Gemma3Config gemma3_config(const ModelSource& source, WeightLoader& loader);

}  // namespace diptych::models
