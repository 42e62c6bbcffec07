#include "models/mistral/mistral.h"

#include "models/common/assemble.h"
#include "models/common/rope_scaling.h"
#include "models/common/windows.h"
#include "models/llama/layer.h"
#include "models/llama/llama.h"

namespace diptych::models {

std::unique_ptr<CausalLm> load_mistral(Context& ctx, const ModelSource& source, const LoadOptions& options) {
  if (source.gguf) return load_llama(ctx, source, options);
  DecoderConfig config = decoder_config(source, {.kv_heads = 8, .context_length = 131072});
  const HfConfig hf(source);
  // null from version 0.2 on: sees everything
  config.sliding_window = hf.contains("sliding_window") ? hf.extent("sliding_window", 0) : default_window;
  DecoderWeights weights(ctx, source, options);
  DecoderParts parts = assemble(weights, config, "mistral", [&](int64_t i) {
    return std::make_unique<LlamaLayer>(weights, config, i, config.sliding_window);
  });
  parts.ropes = {rope_of_hf(hf, config.head_dim)};
  return std::make_unique<Decoder>(std::move(parts));
}

}  // namespace diptych::models
