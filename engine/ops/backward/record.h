// What ops leave on the tape when one of their inputs carries a gradient: how it is taken back. One function for each
// op, called at its end with what it was given and what it made; nothing is kept that the way back does not need.
#pragma once

#include <span>
#include <utility>
#include <vector>

#include "engine/core/tape.h"
#include "engine/ops/activation.h"
#include "engine/ops/attention.h"
#include "engine/ops/dropout.h"
#include "engine/ops/experts.h"
#include "engine/ops/joint_attention.h"
#include "engine/ops/linear.h"
#include "engine/ops/rope.h"

namespace diptych {

// Ops that others are made of record nothing while this lives.
class PausedTape {
 public:
  explicit PausedTape(Context& ctx) : ctx_(ctx), tape_(std::exchange(ctx.tape, nullptr)) {}
  ~PausedTape() { ctx_.tape = tape_; }
  PausedTape(const PausedTape&) = delete;
  PausedTape& operator=(const PausedTape&) = delete;

  Tape* tape() const { return tape_; }

 private:
  Context& ctx_;
  Tape* tape_;
};

bool is_trained(const Context& ctx, const Linear& layer);  // one of its matrices or biases
bool is_adapter_trained(const Context& ctx, const Linear& layer);

void record_linear(Context& ctx, const Tensor& x, const Linear& layer, const Tensor& y);
// Of add_adapters(), which changes y in place.
void record_adapters(Context& ctx, const Tensor& x, const Linear& layer, const Tensor& y);
void record_dropout(Context& ctx, const Tensor& x, const Dropout& dropout, const Tensor& y);
void record_embedding(Context& ctx, const Weight& table, std::span<const int32_t> ids, float scale, const Tensor& y);

void record_rms_norm(Context& ctx, const Tensor& x, const Tensor& weight, float eps, const Tensor& y);
void record_add_rms_norm(Context& ctx, const Tensor& x, const Tensor& y, const Tensor& weight, float eps,
                         const Tensor& sum, const Tensor& normed);
void record_layer_norm(Context& ctx, const Tensor& x, const Tensor& weight, const Tensor& bias, float eps,
                       const Tensor& y);

void record_add(Context& ctx, const Tensor& x, const Tensor& y, const Tensor& sum);
void record_add_rows(Context& ctx, const Tensor& x, const Tensor& y, const Tensor& sum);
void record_soft_cap(Context& ctx, const Tensor& x, float cap, const Tensor& y);
void record_scale_offset(Context& ctx, const Tensor& x, float scale, const Tensor& y);
void record_transpose(Context& ctx, const Tensor& x, const Tensor& y);
void record_gather_rows(Context& ctx, const Tensor& x, std::span<const int32_t> rows, const Tensor& y);
void record_activate(Context& ctx, const Tensor& x, Activation activation, const Tensor& y);
void record_gated_activation(Context& ctx, const Tensor& x, Activation activation, bool gate_first, const Tensor& y);
void record_rope(Context& ctx, const Tensor& x, const RopeAngles& angles, const Tensor& y);

void record_expert_linear(Context& ctx, const Tensor& x, std::span<const Linear> experts, const ExpertRouting& routing,
                          const Tensor& y);
// Of route(), too: the gradient of the weights goes on to the logits.
void record_combine_experts(Context& ctx, const Tensor& y, const ExpertRouting& routing, const Tensor& sum);
// Of products that were copied side by side into y.
void record_side_by_side(Context& ctx, const std::vector<Tensor>& products, const Tensor& y);

// Of contiguous keys.
void record_attention(Context& ctx, const Tensor& q, const KeyValues& kv, const AttentionOptions& options,
                      const Tensor& y);
void record_joint_attention(Context& ctx, std::span<const AttentionStream> streams, int64_t rows,
                            std::span<const int64_t> lengths, const std::vector<Tensor>& results);

}  // namespace diptych
