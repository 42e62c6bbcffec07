#include "models/common/decoder.h"

#include <cassert>
#include <memory>

#include "engine/core/recompute.h"
#include "engine/ops/elementwise.h"
#include "engine/ops/join.h"
#include "engine/ops/norm.h"

namespace diptych::models {
namespace {

RopeAngles rows_of(Context& ctx, const RopeAngles& angles, const std::vector<int32_t>& rows) {
  return {gather_rows(ctx, angles.cos, rows), gather_rows(ctx, angles.sin, rows), angles.style};
}

// Of sequences without a cache, each by its own length.
RopeAngles angles_by_length(Context& ctx, const Batch& batch, const std::vector<Rope>& ropes, int64_t short_context) {
  std::vector<int32_t> positions = batch.positions, rows;
  size_t longer = 0;
  for (int64_t s = 0; s < batch.sequences(); ++s) {
    const auto begin = static_cast<size_t>(batch.sequence_offsets[static_cast<size_t>(s)]),
               end = static_cast<size_t>(batch.sequence_offsets[static_cast<size_t>(s) + 1]);
    const bool is_long = end > begin && positions[end - 1] >= short_context;
    longer += is_long ? 1 : 0;
    for (size_t i = begin; i < end; ++i) {
      rows.push_back(static_cast<int32_t>(i + (is_long ? batch.tokens.size() : 0)));
    }
  }
  if (longer == 0 || longer == static_cast<size_t>(batch.sequences())) {
    return rope_angles(ctx, positions, ropes[longer == 0 ? 0 : 1]);
  }
  const RopeAngles first = rope_angles(ctx, positions, ropes[0]), second = rope_angles(ctx, positions, ropes[1]);
  return rows_of(ctx, {concat(ctx, first.cos, second.cos, 0), concat(ctx, first.sin, second.sin, 0), first.style},
                 rows);
}

}  // namespace

Tensor DecoderStep::kept(Context& ctx, const Tensor& x) const {
  return kept_rows == nullptr ? x : gather_rows(ctx, x, *kept_rows);
}

Tensor Decoder::run(Context& ctx, const Batch& batch, KvCache* cache, HiddenStates* taps) const {
  // Shared, as layers that are computed again on the way back of training still need it.
  const auto step = std::make_shared<DecoderStep>(DecoderStep{.batch = batch, .cache = cache, .angles = {}});
  if (parts_.short_context > 0) {
    step->angles.push_back(cache != nullptr ? rope_angles(ctx, batch.positions, parts_.ropes[1])
                                            : angles_by_length(ctx, batch, parts_.ropes, parts_.short_context));
  } else {
    for (const Rope& rope : parts_.ropes) step->angles.push_back(rope_angles(ctx, batch.positions, rope));
  }

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
