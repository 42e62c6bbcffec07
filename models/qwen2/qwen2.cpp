#include "models/qwen2/qwen2.h"

#include "models/common/assemble.h"
#include "models/common/rope_scaling.h"
#include "models/common/windows.h"
#include "models/llama/layer.h"

namespace diptych::models {

std::unique_ptr<CausalLm> load_qwen2(Context& ctx, const ModelSource& source, const LoadOptions& options) {
  DecoderConfig config = decoder_config(source, {.context_length = 32768});
  std::vector<int64_t> windows(static_cast<size_t>(config.layers), 0);
  if (source.hf) windows = windows_of_hf(HfConfig(source), config.layers);
  for (const int64_t window : windows) config.sliding_window = std::max(config.sliding_window, window);
  DecoderWeights weights(ctx, source, options);
  const Rope rope = source.gguf ? rope_of_gguf(GgufConfig(source), weights.loader(), config.head_dim, RopeStyle::half)
                                : rope_of_hf(HfConfig(source), config.head_dim);
  DecoderParts parts = assemble(weights, config, "qwen2", [&](int64_t i) {
    return std::make_unique<LlamaLayer>(weights, config, i, windows[static_cast<size_t>(i)]);
  });
  parts.ropes = {rope};
  return std::make_unique<Decoder>(std::move(parts));
}

}  // namespace diptych::models
