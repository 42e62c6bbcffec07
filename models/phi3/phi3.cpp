#include "models/phi3/phi3.h"

#include "models/common/assemble.h"
#include "models/common/rope_scaling.h"
#include "models/llama/layer.h"

namespace diptych::models {
namespace {

// Of all layers; 0: they see every key.
int64_t phi3_window(const ModelSource& source) {
  if (source.gguf) {
    const GgufConfig gguf(source);
    return gguf.contains("attention.sliding_window") ? gguf.extent("attention.sliding_window") : 0;
  }
  const HfConfig hf(source);
  return hf.number("sliding_window") ? hf.extent("sliding_window") : 0;
}

void take_ropes(const ModelSource& source, WeightLoader& loader, int64_t head_dim, DecoderParts& parts) {
  const auto longer = source.gguf ? long_rope_of_gguf(GgufConfig(source), loader, head_dim)
                                  : long_rope_of_hf(HfConfig(source), head_dim);
  if (longer) {
    parts.ropes = {longer->shorter, longer->longer};
    parts.short_context = longer->original_context;
  } else if (source.gguf) {
    parts.ropes = {rope_of_gguf(GgufConfig(source), loader, head_dim, RopeStyle::half)};
  } else {
    parts.ropes = {rope_of_hf(HfConfig(source), head_dim)};
  }
}

}  // namespace

std::unique_ptr<CausalLm> load_phi3(Context& ctx, const ModelSource& source, const LoadOptions& options) {
  DecoderConfig config = decoder_config(source, {.context_length = 4096});
  config.sliding_window = phi3_window(source);
  DecoderWeights weights(ctx, source, options);
  DecoderParts of_ropes;  // whose weights are asked for before the rest is said to be unused
  take_ropes(source, weights.loader(), config.head_dim, of_ropes);
  DecoderParts parts = assemble(weights, config, "phi3", [&](int64_t i) {
    return std::make_unique<LlamaLayer>(weights, config, i, config.sliding_window, true);
  });
  parts.ropes = std::move(of_ropes.ropes);
  parts.short_context = of_ropes.short_context;
  return std::make_unique<Decoder>(std::move(parts));
}

}  // namespace diptych::models
