#include "engine/diffusion/text_parts.h"

#include "engine/core/error.h"

namespace diptych::diffusion {
namespace {

TextBatch batch_of(const TextPart& part, const Prompts& prompts, int64_t tokens, std::vector<int64_t>& lengths) {
  TextBatch batch;
  batch.rows = static_cast<int64_t>(prompts.size());
  batch.columns = tokens;
  for (const std::string& prompt : prompts) {
    const TextWindow::Ids ids = part.window.fit(prompt, tokens);
    batch.ids.insert(batch.ids.end(), ids.ids.begin(), ids.ids.end());
    lengths.push_back(ids.length);
  }
  const auto vocab = static_cast<int32_t>(part.encoder->info().vocab);
  for (const int32_t id : batch.ids) {
    if (id >= 0 && id < vocab) continue;
    throw Error(ErrorCategory::invalid_file, "cannot encode prompt", part.encoder->info().architecture,
                "its tokenizer gives token " + std::to_string(id) + ", the encoder knows " + std::to_string(vocab),
                "choose a tokenizer and a text encoder that belong together");
  }
  return batch;
}

Tensor rows_of(const TextBatch& batch, const Tensor& text) {
  return text.reshape({batch.rows, batch.columns, text.dim(-1)});
}

}  // namespace

EncodedText encode_clip(Context& ctx, const TextPart& part, const Prompts& prompts, const ClipLayerChoice& layer) {
  EncodedText result;
  const TextEncoder& encoder = *part.encoder;
  if (layer.skip < 0 || layer.skip > encoder.info().layers) {
    throw Error(ErrorCategory::invalid_argument, "cannot skip layers", std::to_string(layer.skip),
                "the text encoder has " + std::to_string(encoder.info().layers), "choose a smaller clip skip");
  }
  const TextBatch batch = batch_of(part, prompts, part.window.tokens, result.lengths);
  const bool earlier = layer.skip > 0 || !layer.normalized;
  const TextEncoding encoding = encoder.forward(ctx, batch, earlier);
  Tensor text = encoding.last;
  if (earlier) {
    text = encoding.hidden_states[encoding.hidden_states.size() - 1 - static_cast<size_t>(layer.skip)];
    if (layer.normalized) text = encoder.final_norm(ctx, text);
  }
  result.text = rows_of(batch, text);
  result.pooled = encoding.pooled;
  result.projected = encoding.projected;
  return result;
}

EncodedText encode_t5(Context& ctx, const TextPart& part, const Prompts& prompts, int64_t tokens, bool masked) {
  EncodedText result;
  TextBatch batch = batch_of(part, prompts, tokens, result.lengths);
  if (masked) batch.lengths = result.lengths;
  result.text = rows_of(batch, part.encoder->forward(ctx, batch).last);
  return result;
}

}  // namespace diptych::diffusion
