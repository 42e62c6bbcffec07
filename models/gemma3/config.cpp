#include "models/gemma3/config.h"

#include <algorithm>
#include <cmath>

#include "engine/core/error.h"
#include "models/common/windows.h"
#include "models/gemma3/gemma_defaults.h"

namespace diptych::models {
namespace {

constexpr int64_t default_pattern = 6;
constexpr double global_theta = 1e6, local_theta = 10000;
constexpr HfDefaults hf_defaults = gemma_defaults(131072);

void read_gguf(const ModelSource& source, WeightLoader& loader, Gemma3Config& config) {
  const GgufConfig gguf(source);
  const int64_t window = gguf.extent("attention.sliding_window", config.context_length);
  config.windows =
      alternating_windows(config.layers, window, gguf.extent("attention.sliding_window_pattern", default_pattern));
  // The files do not carry query_pre_attn_scalar: it is head_dim in all sizes but 27B (62 layers), where it is
  // hidden / heads.
  config.attention_scale =
      inverse_root(static_cast<double>(config.layers == 62 ? config.hidden / config.heads : config.head_dim));
  config.logit_softcap = gguf.number("final_logit_softcapping").value_or(0.0f);
  config.global_rope = rope_of_gguf(gguf, loader, config.head_dim, RopeStyle::half);
  config.local_rope = make_rope(
      {.theta = gguf.number("rope.freq_base_swa").value_or(local_theta), .rotary_dim = config.global_rope.rotary_dim()},
      RopeStyle::half);
}

void read_hf(const ModelSource& source, Gemma3Config& config) {
  const HfConfig hf(source);
  if (hf.flag("use_bidirectional_attention", false)) {
    throw Error(ErrorCategory::unsupported, "cannot load model", source.path.string(),
                "it looks at tokens in both directions", "choose a generating Gemma 3 model");
  }
  config.norm_offset = 1;
  config.windows = hf.texts("layer_types").empty()
                       ? alternating_windows(
                             config.layers, hf.extent("sliding_window", default_window),
                             hf.extent("sliding_window_pattern", hf.extent("_sliding_window_pattern", default_pattern)))
                       : windows_of_hf(hf, config.layers);
  const double scalar = hf.number("query_pre_attn_scalar").value_or(256);
  if (!(scalar > 0)) hf.fail("query_pre_attn_scalar", "is not positive");
  config.attention_scale = inverse_root(scalar);
  config.logit_softcap = static_cast<float>(hf.number("final_logit_softcapping").value_or(0));
  if (hf.object("rope_parameters") != nullptr) {
    config.global_rope = rope_of_hf(hf, config.head_dim, "full_attention", global_theta);
    config.local_rope = rope_of_hf(hf, config.head_dim, "sliding_attention", local_theta);
  } else {
    config.global_rope = rope_of_hf(hf, config.head_dim, nullptr, global_theta);
    config.local_rope =
        make_rope({.theta = hf.number("rope_local_base_freq").value_or(local_theta), .rotary_dim = config.head_dim},
                  RopeStyle::half);
  }
}

}  // namespace

Gemma3Config gemma3_config(const ModelSource& source, WeightLoader& loader) {
  Gemma3Config config;
  config.head_norms = true;
  static_cast<DecoderConfig&>(config) = decoder_config(source, hf_defaults);
  config.activation = source.gguf ? Activation::gelu_tanh : config.activation;
  if (source.gguf) {
    read_gguf(source, loader, config);
  } else {
    read_hf(source, config);
  }
  config.sliding_window = *std::max_element(config.windows.begin(), config.windows.end());
  return config;
}

}  // namespace diptych::models
