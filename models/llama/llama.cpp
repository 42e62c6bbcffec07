#include "models/llama/llama.h"

#include "models/common/assemble.h"
#include "models/common/rope_scaling.h"
#include "models/llama/layer.h"

namespace diptych::models {

std::unique_ptr<CausalLm> load_llama(Context& ctx, const ModelSource& source, const LoadOptions& options) {
  const DecoderConfig config = decoder_config(source);
  DecoderWeights weights(ctx, source, options);
  if (source.gguf) weights.pair_heads(config.head_dim);
  // GGUF files of this architecture store the rows of q and k so that the values of a pair stand side by side.
  const Rope rope = source.gguf
                        ? rope_of_gguf(GgufConfig(source), weights.loader(), config.head_dim, RopeStyle::interleaved)
                        : rope_of_hf(HfConfig(source), config.head_dim);
  DecoderParts parts =
      assemble(weights, config, "llama", [&](int64_t i) { return std::make_unique<LlamaLayer>(weights, config, i); });
  parts.ropes = {rope};
  return std::make_unique<Decoder>(std::move(parts));
}

}  // namespace diptych::models
