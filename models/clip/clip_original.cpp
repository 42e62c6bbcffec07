#include "models/clip/clip_original.h"

#include <nlohmann/json.hpp>

#include "models/common/original_source.h"

namespace diptych::models {
namespace {

constexpr int64_t head_dim = 64, clip_end_token = 49407;

// Old checkpoints leave "text_model." out.
std::string text_model_of(const WeightFile& file, const std::string& prefix) {
  return file.contains(prefix + "text_model.final_layer_norm.weight") ? "text_model." : "";
}

void name_open_clip_layer(RenamedLayers& names, int64_t index) {
  const std::string layer = "text_model.encoder.layers." + std::to_string(index) + ".";
  const std::string source = "transformer.resblocks." + std::to_string(index) + ".";
  names.layer(layer + "layer_norm1", source + "ln_1");
  names.layer(layer + "layer_norm2", source + "ln_2");
  names.layer(layer + "self_attn.out_proj", source + "attn.out_proj");
  names.layer(layer + "mlp.fc1", source + "mlp.c_fc");
  names.layer(layer + "mlp.fc2", source + "mlp.c_proj");
  int64_t part = 0;
  for (const char* name : {"q_proj", "k_proj", "v_proj"}) {
    for (const auto& [kind, fused] : {std::pair{".weight", "attn.in_proj_weight"}, {".bias", "attn.in_proj_bias"}}) {
      names.add({.name = layer + "self_attn." + name + kind, .source = source + fused, .part = part, .parts = 3});
    }
    ++part;
  }
}

RenamedLayers open_clip_names(const std::string& prefix, int64_t layers) {
  RenamedLayers names(prefix);
  names.weight("text_model.embeddings.token_embedding.weight", "token_embedding.weight");
  names.weight("text_model.embeddings.position_embedding.weight", "positional_embedding");
  names.layer("text_model.final_layer_norm", "ln_final");
  for (int64_t i = 0; i < layers; ++i) name_open_clip_layer(names, i);
  names.add({.name = "text_projection.weight", .source = "text_projection", .transposed = true});
  return names;
}

}  // namespace

ClipNames clip_names_in(const WeightFile& file, const std::string& prefix) {
  if (file.contains(prefix + "transformer.resblocks.0.attn.in_proj_weight")) return ClipNames::open_clip;
  const std::string model = prefix + text_model_of(file, prefix);
  const bool named =
      file.contains(model + "embeddings.position_embedding.weight") && file.contains(model + "final_layer_norm.weight");
  return named ? ClipNames::transformers : ClipNames::none;
}

ModelSource clip_original(const std::shared_ptr<const WeightFile>& file, const std::string& prefix,
                          const ClipChoice& choice) {
  const bool open_names = clip_names_in(*file, prefix) == ClipNames::open_clip;
  const std::string model = prefix + text_model_of(*file, prefix);
  const int64_t layers = open_names ? count_layers(*file, prefix + "transformer.resblocks.", ".attn.in_proj_weight")
                                    : count_layers(*file, model + "encoder.layers.", ".self_attn.q_proj.weight");
  RenamedLayers names(prefix);
  if (open_names) {
    names = open_clip_names(prefix, layers);
  } else {
    names.tree(*file, "", "");
    names.weight("text_projection.weight", "text_model.text_projection");  // as stable-diffusion.cpp has it
  }
  auto weights = std::make_shared<RenamedWeights>(file, names.names());
  const std::string root = text_model_of(*weights, "");
  const int64_t hidden = stored_extent(*weights, root + "embeddings.token_embedding.weight", 1);
  if (layers <= choice.layers_left_out || hidden % head_dim != 0) {
    refuse_original(*file, "its text encoder has " + std::to_string(layers) + " layers of " + std::to_string(hidden) +
                               ", which is no CLIP's size");
  }
  const int64_t vocab = stored_extent(*weights, root + "embeddings.token_embedding.weight", 0);
  return original_source(
      weights, {{"model_type", "clip_text_model"},
                {"num_hidden_layers", layers - choice.layers_left_out},
                {"hidden_size", hidden},
                {"intermediate_size", stored_extent(*weights, root + "encoder.layers.0.mlp.fc1.weight", 0)},
                {"num_attention_heads", hidden / head_dim},
                {"vocab_size", vocab},
                {"max_position_embeddings", stored_extent(*weights, root + "embeddings.position_embedding.weight", 0)},
                {"hidden_act", choice.open ? "gelu" : "quick_gelu"},
                {"eos_token_id", clip_end_token},
                {"pad_token_id", choice.open ? 0 : clip_end_token}});
}

}  // namespace diptych::models
