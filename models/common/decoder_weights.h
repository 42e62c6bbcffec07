// Names of a decoder's weights in GGUF files and in Hugging Face folders, and the loader that uses them.
#pragma once

#include <string>
#include <vector>

#include "engine/model/model_source.h"
#include "engine/model/weight_loader.h"
#include "models/common/layer_name.h"

namespace diptych::models {

namespace names {  // without ".weight"
inline constexpr LayerName attention_norm{"attn_norm", "input_layernorm"};
inline constexpr LayerName q{"attn_q", "self_attn.q_proj"};
inline constexpr LayerName k{"attn_k", "self_attn.k_proj"};
inline constexpr LayerName v{"attn_v", "self_attn.v_proj"};
inline constexpr LayerName attention_output{"attn_output", "self_attn.o_proj"};
inline constexpr LayerName q_norm{"attn_q_norm", "self_attn.q_norm"};
inline constexpr LayerName k_norm{"attn_k_norm", "self_attn.k_norm"};
inline constexpr LayerName mlp_norm{"ffn_norm", "post_attention_layernorm"};
inline constexpr LayerName gate{"ffn_gate", "mlp.gate_proj"};
inline constexpr LayerName up{"ffn_up", "mlp.up_proj"};
inline constexpr LayerName down{"ffn_down", "mlp.down_proj"};
}  // namespace names

class DecoderWeights {
 public:
  DecoderWeights(Context& ctx, const ModelSource& source, const LoadOptions& options);

  // Of layer `index`. `offset` is added to a norm's values.
  Tensor norm(const LayerName& name, int64_t index, int64_t n, float offset = 0.0f);
  struct Part {
    LayerName name;
    int64_t rows;
  };
  Linear linear(const std::vector<Part>& parts, int64_t index, int64_t cols);
  // The same with fine activations: attention's projections, as ARCHITECTURE.md decides.
  Linear fine_linear(const std::vector<Part>& parts, int64_t index, int64_t cols) {
    return fine(linear(parts, index, cols));
  }

  // Of expert `expert` of `experts`, whose names in Hugging Face folders stand behind "mlp.experts.N."; GGUF files hold
  // all of them in a stack.
  Linear expert_linear(const std::vector<Part>& parts, int64_t index, int64_t expert, int64_t experts, int64_t cols);

  Weight embeddings(int64_t vocab, int64_t hidden);
  Tensor final_norm(int64_t hidden, float offset = 0.0f);
  // The output layer, with fine activations: the embeddings where `tied` says so, or a GGUF file has none of its own.
  Linear output(const Weight& embeddings, bool tied);

  // Rows of the embedding table: the vocabulary as the weights have it.
  int64_t vocabulary() const;

  // The file's rows of q and k stand in pairs, heads of this size: adapters for the usual order are told so.
  void pair_heads(int64_t head_dim) { paired_head_dim_ = head_dim; }

  WeightLoader& loader() { return loader_; }
  // Logs what the file holds besides; to be called last.
  void finish();

 private:
  std::string layer(const LayerName& name, int64_t index) const;
  std::string root(const char* gguf, const char* hf) const;
  void name_for_adapters(const LayerName& name, int64_t index);

  WeightLoader loader_;
  bool gguf_;
  std::string prefix_;  // "model." of Hugging Face folders
  int64_t paired_head_dim_ = 0;
};

}  // namespace diptych::models
