#include "models/gemma2/gemma2.h"

#include <algorithm>

#include "models/common/assemble.h"
#include "models/common/rope_scaling.h"
#include "models/common/windows.h"
#include "models/gemma3/gemma_defaults.h"
#include "models/gemma3/layer.h"

namespace diptych::models {
namespace {

constexpr int64_t window_pattern = 2;
constexpr float usual_attention_softcap = 50, usual_logit_softcap = 30;
constexpr HfDefaults gemma2_defaults = gemma_defaults(8192);

void read_gemma2_gguf(const ModelSource& source, GemmaConfig& config) {
  const GgufConfig gguf(source);
  config.activation = Activation::gelu_tanh;
  config.windows =
      alternating_windows(config.layers, gguf.extent("attention.sliding_window", default_window), window_pattern);
  // As of Gemma 3, the files do not carry query_pre_attn_scalar: hidden / heads in 27B (46 layers), else head_dim.
  config.attention_scale =
      inverse_root(static_cast<double>(config.layers == 46 ? config.hidden / config.heads : config.head_dim));
  config.attention_softcap = gguf.number("attn_logit_softcapping").value_or(usual_attention_softcap);
  config.logit_softcap = gguf.number("final_logit_softcapping").value_or(usual_logit_softcap);
}

// A key that is null says that there is no cap; one that is missing, the usual one.
float softcap_of(const HfConfig& hf, const char* key, float usual) {
  if (!hf.contains(key)) return usual;
  const double cap = hf.number(key).value_or(0);
  if (!(cap >= 0)) hf.fail(key, "is below 0");
  return static_cast<float>(cap);
}

void read_gemma2_hf(const ModelSource& source, GemmaConfig& config) {
  const HfConfig hf(source);
  config.norm_offset = 1;
  config.windows = hf.texts("layer_types").empty()
                       ? alternating_windows(config.layers, hf.extent("sliding_window", default_window), window_pattern)
                       : windows_of_hf(hf, config.layers);
  const double scalar = hf.number("query_pre_attn_scalar").value_or(256);
  if (!(scalar > 0)) hf.fail("query_pre_attn_scalar", "is not positive");
  config.attention_scale = inverse_root(scalar);
  config.attention_softcap = softcap_of(hf, "attn_logit_softcapping", usual_attention_softcap);
  config.logit_softcap = softcap_of(hf, "final_logit_softcapping", usual_logit_softcap);
}

}  // namespace

std::unique_ptr<CausalLm> load_gemma2(Context& ctx, const ModelSource& source, const LoadOptions& options) {
  DecoderWeights weights(ctx, source, options);
  GemmaConfig config;
  static_cast<DecoderConfig&>(config) = decoder_config(source, gemma2_defaults);
  if (source.gguf) {
    read_gemma2_gguf(source, config);
  } else {
    read_gemma2_hf(source, config);
  }
  config.sliding_window = std::ranges::max(config.windows);
  const Rope rope = source.gguf ? rope_of_gguf(GgufConfig(source), weights.loader(), config.head_dim, RopeStyle::half)
                                : rope_of_hf(HfConfig(source), config.head_dim);
  DecoderParts parts = assemble(
      weights, config, "gemma2", [&](int64_t i) { return std::make_unique<GemmaLayer>(weights, config, i, 0); },
      config.norm_offset);
  parts.embedding_scale = std::sqrt(static_cast<float>(config.hidden));
  parts.ropes = {rope};
  parts.output.softcap = config.logit_softcap;
  return std::make_unique<Decoder>(std::move(parts));
}

}  // namespace diptych::models
