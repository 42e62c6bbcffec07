#include "models/gemma3/gemma3.h"

#include <cmath>

#include "models/common/assemble.h"
#include "models/gemma3/config.h"

namespace diptych::models {

std::unique_ptr<CausalLm> load_gemma3(Context& ctx, const ModelSource& source, const LoadOptions& options) {
  DecoderWeights weights(ctx, source, options);
  const Gemma3Config config = gemma3_config(source, weights.loader());
  const auto layer = [&](int64_t i) {
    return std::make_unique<GemmaLayer>(weights, config, i, config.windows[static_cast<size_t>(i)] > 0 ? 1 : 0);
  };
  DecoderParts parts = assemble(weights, config, "gemma3", layer, config.norm_offset);
  parts.embedding_scale = std::sqrt(static_cast<float>(config.hidden));
  parts.ropes = {config.global_rope, config.local_rope};
  parts.output.softcap = config.logit_softcap;
  return std::make_unique<Decoder>(std::move(parts));
}

}  // namespace diptych::models
