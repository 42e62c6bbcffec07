#include "models/common/decoder.h"

#include <cassert>
#include <memory>

#include "engine/core/recompute.h"
#include "engine/ops/elementwise.h"
#include "engine/ops/norm.h"

namespace diptych::models {

Tensor DecoderStep::kept(Context& ctx, const Tensor& x) const {
  return kept_rows == nullptr ? x : gather_rows(ctx, x, *kept_rows);
}

Tensor Decoder::run(Context& ctx, const Batch& batch, KvCache* cache, HiddenStates* taps) const {
  // Shared, as layers that are computed again on the way back of training still need it.
  const auto step = std::make_shared<DecoderStep>(DecoderStep{.batch = batch, .cache = cache, .angles = {}});
  for (const Rope& rope : parts_.ropes) step->angles.push_back(rope_angles(ctx, batch.positions, rope));

  Tensor x = embedding(ctx, parts_.embeddings, batch.tokens, parts_.embedding_scale);  // [tokens, hidden]
  // Hidden states are asked for whole; otherwise the last layer goes on with the wanted rows only.
  const bool cut = !batch.output_rows.empty() && taps == nullptr;
  for (const auto& layer : parts_.layers) {
    if (taps != nullptr) taps->states.push_back(x);
    const bool last = cut && layer == parts_.layers.back();
    x = recomputed(ctx, x, [step, last, &layer](Context& c, const Tensor& input) {
      step->kept_rows = last ? &step->batch.output_rows : nullptr;
      return layer->forward(c, input, *step);
    });  // [tokens, hidden]; [rows, hidden] after the last
  }
  if (parts_.final_norm) x = rms_norm(ctx, x, parts_.final_norm, parts_.norm_eps);  // [rows, hidden]
  if (taps != nullptr) taps->states.push_back(x);
  return x;
}

Tensor Decoder::hidden(Context& ctx, const Batch& batch) const {
  assert(parts_.final_norm);
  return run(ctx, batch, nullptr, nullptr);
}

Tensor Decoder::forward(Context& ctx, const Batch& batch, KvCache* cache, HiddenStates* taps) const {
  assert(parts_.final_norm || (taps != nullptr && !taps->logits));
  Tensor x = run(ctx, batch, cache, taps);
  if (taps != nullptr) {
    if (!taps->logits) return {};
    if (!batch.output_rows.empty()) x = gather_rows(ctx, x, batch.output_rows);
  }
  Tensor logits = linear(ctx, x, parts_.output.layer);  // [rows, vocab]
  return parts_.output.softcap > 0 ? soft_cap(ctx, logits, parts_.output.softcap) : logits;
}

}  // namespace diptych::models
