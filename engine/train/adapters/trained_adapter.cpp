#include "engine/train/adapters/trained_adapter.h"

#include <array>
#include <charconv>
#include <cmath>
#include <cstring>
#include <optional>
#include <utility>

#include "engine/core/context.h"
#include "engine/core/error.h"

namespace diptych::train {
namespace {

// Of a decoder's layers, as llama.cpp and transformers call them.
constexpr std::array block_names{
    std::pair{"attn_q", "self_attn.q_proj"}, std::pair{"attn_k", "self_attn.k_proj"},
    std::pair{"attn_v", "self_attn.v_proj"}, std::pair{"attn_output", "self_attn.o_proj"},
    std::pair{"ffn_gate", "mlp.gate_proj"},  std::pair{"ffn_up", "mlp.up_proj"},
    std::pair{"ffn_down", "mlp.down_proj"},
};
constexpr std::array root_names{std::pair{"output", "lm_head"}, std::pair{"token_embd", "model.embed_tokens"}};

// "<prefix>12.rest" -> {12, "rest"}
std::optional<std::pair<std::string, std::string>> numbered(std::string_view name, std::string_view prefix) {
  if (!name.starts_with(prefix)) return std::nullopt;
  name.remove_prefix(prefix.size());
  const size_t digits = name.find_first_not_of("0123456789");
  if (digits == 0 || digits == name.npos || name[digits] != '.') return std::nullopt;
  return std::pair(std::string(name.substr(0, digits)), std::string(name.substr(digits + 1)));
}

[[noreturn]] void refuse_name(const std::string& layer, const char* format) {
  throw Error(ErrorCategory::unsupported, "cannot export adapter", layer,
              "the layer has no name in " + std::string(format), "train linear layers of attention and MLP only");
}

// Row i of the result is row source(i) of x.
template <typename Source>
Tensor gathered_rows(const Tensor& x, const Source& source) {
  assert(x.contiguous() && x.dtype() == DType::f32);
  Context ctx(x.device(), 1);
  Tensor copy = ctx.output(x.shape());
  if (x.is_meta()) return copy;
  const int64_t rows = x.dim(0), bytes = x.bytes() / rows;
  for (int64_t i = 0; i < rows; ++i) {
    std::memcpy(copy.raw() + i * bytes, x.raw() + source(i) * bytes, static_cast<size_t>(bytes));
  }
  return copy;
}

bool is_paired(const std::string& gguf_name) {
  return gguf_name.ends_with(".attn_q") || gguf_name.ends_with(".attn_k");
}

}  // namespace

double TrainedAdapter::scale(const TrainedLayer& layer) const {
  const auto rank = static_cast<double>(layer.rank);
  return layer.alpha / (rank_stabilised ? std::sqrt(rank) : rank);
}

std::string gguf_layer_name(const std::string& layer) {
  if (numbered(layer, "blk.")) return layer;
  for (const auto& [gguf, hf] : root_names) {
    if (layer == hf || layer == gguf) return gguf;
  }
  for (const char* prefix :
       {"model.layers.", "layers.", "language_model.model.layers.", "model.language_model.layers."}) {
    const auto block = numbered(layer, prefix);
    for (const auto& [gguf, hf] : block_names) {
      if (block && block->second == hf) return "blk." + block->first + "." + gguf;
    }
  }
  refuse_name(layer, "GGUF files");
}

std::string hugging_face_layer_name(const std::string& layer) {
  for (const auto& [gguf, hf] : root_names) {
    if (layer == gguf) return hf;
  }
  const auto block = numbered(layer, "blk.");
  if (!block) return layer;
  for (const auto& [gguf, hf] : block_names) {
    if (block->second == gguf) return "model.layers." + block->first + "." + hf;
  }
  refuse_name(layer, "Hugging Face's folders");
}

Tensor with_paired_rows(const Tensor& x, int64_t head_dim) {
  return gathered_rows(x,
                       [=](int64_t i) { return i / head_dim * head_dim + i % 2 * (head_dim / 2) + i % head_dim / 2; });
}

Tensor without_paired_rows(const Tensor& x, int64_t head_dim) {
  const int64_t half = head_dim / 2;
  return gathered_rows(x, [=](int64_t i) {
    const int64_t in_head = i % head_dim;
    return i / head_dim * head_dim + in_head % half * 2 + in_head / half;
  });
}

TrainedAdapter as_hugging_face(const TrainedAdapter& adapter) {
  TrainedAdapter result = adapter;
  for (TrainedLayer& layer : result.layers) {
    if (layer.component != "model") continue;
    const std::string own = layer.layer;
    layer.layer = hugging_face_layer_name(own);
    if (layer.layer == own || adapter.paired_head_dim == 0 || !is_paired(own)) continue;
    if (adapter.method != AdapterMethod::lora) {
      // The rows of a product of factors cannot be moved within its factors.
      throw Error(ErrorCategory::unsupported, "cannot export adapter", own,
                  "its rows stand in the order of a GGUF file, which only LoRA's can leave",
                  "train on the model's folder of safetensors, or train a LoRA");
    }
    for (const char* part : {"lora_up", "magnitude"}) {
      const auto found = layer.parts.find(part);
      if (found != layer.parts.end()) found->second = without_paired_rows(found->second, adapter.paired_head_dim);
    }
  }
  return result;
}

}  // namespace diptych::train
