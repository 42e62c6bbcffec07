#include "models/common/decoder.h"

#include <cassert>

#include "engine/ops/elementwise.h"
#include "engine/ops/norm.h"

namespace diptych::models {

Tensor DecoderStep::kept(Context& ctx, const Tensor& x) const {
  return kept_rows == nullptr ? x : gather_rows(ctx, x, *kept_rows);
}

Tensor Decoder::forward(Context& ctx, const Batch& batch, KvCache* cache, HiddenStates* taps) const {
  assert(parts_.final_norm || (taps != nullptr && !taps->logits));
  DecoderStep step{.batch = batch, .cache = cache, .angles = {}, .kept_rows = nullptr};
  for (const Rope& rope : parts_.ropes) step.angles.push_back(rope_angles(ctx, batch.positions, rope));

  Tensor x = embedding(ctx, parts_.embeddings, batch.tokens, parts_.embedding_scale);  // [tokens, hidden]
  // Hidden states are asked for whole; otherwise the last layer goes on with the wanted rows only.
  const bool cut = !batch.output_rows.empty() && taps == nullptr;
  for (const auto& layer : parts_.layers) {
    if (taps != nullptr) taps->states.push_back(x);
    if (cut && layer == parts_.layers.back()) step.kept_rows = &batch.output_rows;
    x = layer->forward(ctx, x, step);  // [tokens, hidden]; [rows, hidden] after the last
  }
  if (parts_.final_norm) x = rms_norm(ctx, x, parts_.final_norm, parts_.norm_eps);  // [rows, hidden]
  if (taps != nullptr) {
    taps->states.push_back(x);
    if (!taps->logits) return {};
    if (!batch.output_rows.empty()) x = gather_rows(ctx, x, batch.output_rows);
  }
  Tensor logits = linear(ctx, x, parts_.output);  // [rows, vocab]
  return parts_.logit_softcap > 0 ? soft_cap(ctx, logits, parts_.logit_softcap) : logits;
}

}  // namespace diptych::models
