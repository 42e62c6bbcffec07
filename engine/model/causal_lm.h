// The interface of a decoder-only language model.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "engine/core/context.h"
#include "engine/model/batch.h"
#include "engine/model/kv_cache.h"
#include "engine/ops/loss.h"

namespace diptych {

// What the engine needs to know of any causal LM; each architecture has its own, larger configuration.
struct CausalLmInfo {
  std::string architecture;  // "llama", "gemma3", …
  int64_t layers = 0;
  int64_t hidden = 0;
  int64_t heads = 0, kv_heads = 0, head_dim = 0;
  int64_t vocab = 0;
  int64_t context_length = 0;  // positions the model was made for
  int64_t sliding_window = 0;  // of its windowed layers; 0: none
  int64_t parameters = 0;      // counted from the weights, tied ones once
};

// Receives the hidden states of a forward: 0 the embeddings, layers the output after the final norm. A model that was
// loaded in part (LoadOptions::layers) has no final norm: its last one is the output of its last layer.
struct HiddenStates {
  std::vector<Tensor> states;  // each [tokens, hidden]
  bool logits = true;          // false: none are wanted, and forward() returns an empty tensor
};

class CausalLm {
 public:
  virtual ~CausalLm() = default;

  virtual const CausalLmInfo& info() const = 0;

  // Logits of the batch's output rows [rows, vocab] f32. Keys and values go to `cache` where batch.kv is given.
  virtual Tensor forward(Context& ctx, const Batch& batch, KvCache* cache, HiddenStates* taps = nullptr) const = 0;

  // What logits are made of: the output rows' last hidden states [rows, hidden], after the last norm, and the head. For
  // training, which never holds all logits. Error (unsupported) where a model has no such parts.
  virtual Tensor hidden(Context& ctx, const Batch& batch) const;
  virtual const OutputHead& head() const;

  KvLayout kv_layout(DType dtype = DType::f16) const;
};

}  // namespace diptych
