// An adapter as training holds it: what the exports write and what a check compares files with.
#pragma once

#include <map>
#include <string>
#include <vector>

#include "engine/core/tensor.h"

namespace diptych::train {

enum class AdapterMethod { lora, loha, lokr };  // DoRA: LoRA whose layers have a magnitude

struct TrainedLayer {
  // As readers call it (engine/model/adapter_file.h): "model" (a language model), "denoiser", "text_encoder", …
  std::string component;
  std::string layer;  // the weight's name in the model's file, without ".weight"
  // f32, as PEFT and LyCORIS shape them, under the names of AdapterLayer::parts:
  //   LoRA  lora_down [rank, in, …], lora_up [out, rank, …], magnitude [out] (DoRA), lora_mid
  //   LoHa  hada_w1_a [out, rank], hada_w1_b [rank, in], hada_w2_a, hada_w2_b, hada_t1, hada_t2
  //   LoKr  lokr_w1 or lokr_w1_a and lokr_w1_b; lokr_w2 or lokr_w2_a and lokr_w2_b, lokr_t2
  std::map<std::string, Tensor> parts;
  int64_t rank = 0;
  double alpha = 0;
};

struct TrainedAdapter {
  AdapterMethod method = AdapterMethod::lora;
  bool rank_stabilised = false;
  std::vector<TrainedLayer> layers = {};
  std::string base_model = {};  // a name or path, for who reads the file
  // Of a language model whose GGUF file has the rows of q and k in pairs (llama, mistral): the size of a head; 0: not.
  // Layers named as in GGUF ("blk.0.attn_q") have their rows in that file's order.
  int64_t paired_head_dim = 0;
  int64_t kronecker_factor = -1;  // LoKr: how the first factors' sizes were chosen, -1: as even as can be

  // LyCORIS' readers give LoKr of two whole factors no scale.
  static bool is_whole(const TrainedLayer& layer) {
    return layer.parts.contains("lokr_w1") && layer.parts.contains("lokr_w2");
  }

  // What a layer's product is multiplied by: alpha / rank, or alpha / sqrt(rank).
  double scale(const TrainedLayer& layer) const;
};

// With the names and the order of rows that Hugging Face's folders have.
TrainedAdapter as_hugging_face(const TrainedAdapter& adapter);

// "model.layers.3.self_attn.q_proj" <-> "blk.3.attn_q". Error (unsupported) where GGUF has no such name.
std::string gguf_layer_name(const std::string& layer);
std::string hugging_face_layer_name(const std::string& layer);

// A copy of a matrix with the rows of each head as GGUF has them, (0, half, 1, half + 1, …), or back.
Tensor with_paired_rows(const Tensor& x, int64_t head_dim);
Tensor without_paired_rows(const Tensor& x, int64_t head_dim);

}  // namespace diptych::train
