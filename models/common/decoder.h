// The frame around a decoder's layers: embedding, last norm, output layer. What happens inside a layer is the
// architecture's own.
#pragma once

#include <memory>
#include <vector>

#include "engine/model/causal_lm.h"
#include "engine/ops/linear.h"
#include "engine/ops/rope.h"

namespace diptych::models {

// What every layer of one forward sees.
struct DecoderStep {
  const Batch& batch;
  KvCache* cache = nullptr;
  std::vector<RopeAngles> angles;                   // of each of the model's ropes
  const std::vector<int32_t>* kept_rows = nullptr;  // in the last layer: the rows whose logits are wanted

  // The rows that anything after attention is computed for.
  Tensor kept(Context& ctx, const Tensor& x) const;
};

class DecoderLayer {
 public:
  virtual ~DecoderLayer() = default;
  virtual Tensor forward(Context& ctx, const Tensor& x, const DecoderStep& step) const = 0;  // x [tokens, hidden]
};

struct DecoderParts {
  CausalLmInfo info;
  Weight embeddings;  // [vocab, hidden]
  float embedding_scale = 1;
  std::vector<Rope> ropes;
  // Above 0, the ropes are two (longrope), of which layers see one: sequences of at most so many tokens turn by the
  // first, longer ones by the second. Keys in a cache have turned for good, and sequences grow: with a cache all turn
  // by the second.
  int64_t short_context = 0;
  std::vector<std::unique_ptr<DecoderLayer>> layers;
  Tensor final_norm;  // [hidden]; empty where the model was loaded in part, and so is `output`
  float norm_eps = 1e-6f;
  OutputHead output;  // [vocab, hidden]
};

class Decoder final : public CausalLm {
 public:
  explicit Decoder(DecoderParts parts) : parts_(std::move(parts)) {}

  const CausalLmInfo& info() const override { return parts_.info; }
  Tensor forward(Context& ctx, const Batch& batch, KvCache* cache, HiddenStates* taps) const override;
  Tensor hidden(Context& ctx, const Batch& batch) const override;
  const OutputHead& head() const override { return parts_.output; }

 private:
  // States after the last norm: of the output rows alone, where there are some and none are tapped.
  Tensor run(Context& ctx, const Batch& batch, KvCache* cache, HiddenStates* taps) const;

  DecoderParts parts_;
};

}  // namespace diptych::models
