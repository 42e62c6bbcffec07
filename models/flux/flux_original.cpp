#include "models/flux/flux_original.h"

#include "engine/core/error.h"
#include "models/common/renamed_weights.h"

namespace diptych::models {
namespace {

void name_double_block(RenamedLayers& names, int64_t index) {
  const std::string block = "transformer_blocks." + std::to_string(index) + ".";
  const std::string source = "double_blocks." + std::to_string(index) + ".";
  names.layer(block + "norm1.linear", source + "img_mod.lin");
  names.layer(block + "norm1_context.linear", source + "txt_mod.lin");
  names.split({block + "attn.to_q", block + "attn.to_k", block + "attn.to_v"}, source + "img_attn.qkv");
  names.split({block + "attn.add_q_proj", block + "attn.add_k_proj", block + "attn.add_v_proj"},
              source + "txt_attn.qkv");
  names.weight(block + "attn.norm_q.weight", source + "img_attn.norm.query_norm.scale");
  names.weight(block + "attn.norm_k.weight", source + "img_attn.norm.key_norm.scale");
  names.weight(block + "attn.norm_added_q.weight", source + "txt_attn.norm.query_norm.scale");
  names.weight(block + "attn.norm_added_k.weight", source + "txt_attn.norm.key_norm.scale");
  names.layer(block + "attn.to_out.0", source + "img_attn.proj");
  names.layer(block + "attn.to_add_out", source + "txt_attn.proj");
  names.layer(block + "ff.net.0.proj", source + "img_mlp.0");
  names.layer(block + "ff.net.2", source + "img_mlp.2");
  names.layer(block + "ff_context.net.0.proj", source + "txt_mlp.0");
  names.layer(block + "ff_context.net.2", source + "txt_mlp.2");
}

void name_single_block(RenamedLayers& names, int64_t index, int64_t width) {
  const std::string block = "single_transformer_blocks." + std::to_string(index) + ".";
  const std::string source = "single_blocks." + std::to_string(index) + ".";
  names.layer(block + "norm.linear", source + "modulation.lin");
  names.rows(block + "attn.to_q", source + "linear1", 0, width);
  names.rows(block + "attn.to_k", source + "linear1", width, width);
  names.rows(block + "attn.to_v", source + "linear1", 2 * width, width);
  names.rows(block + "proj_mlp", source + "linear1", 3 * width, 4 * width);
  names.weight(block + "attn.norm_q.weight", source + "norm.query_norm.scale");
  names.weight(block + "attn.norm_k.weight", source + "norm.key_norm.scale");
  names.layer(block + "proj_out", source + "linear2");
}

void name_embedder(RenamedLayers& names, const std::string& name, const std::string& source) {
  names.layer("time_text_embed." + name + ".linear_1", source + ".in_layer");
  names.layer("time_text_embed." + name + ".linear_2", source + ".out_layer");
}

}  // namespace

bool holds_flux_original(const WeightFile& file) {
  return file.contains(checkpoint_prefix(file, "img_in.weight") + "double_blocks.0.img_attn.qkv.weight");
}

FluxOriginal flux_original(const std::shared_ptr<const WeightFile>& file) {
  const std::string prefix = checkpoint_prefix(*file, "img_in.weight");
  const auto extent = [&](const std::string& name, int axis) { return stored_extent(*file, prefix + name, axis); };
  FluxOriginal original;
  FluxConfig& config = original.config;
  config.layers = count_layers(*file, prefix + "double_blocks.", ".img_attn.qkv.weight");
  config.single_layers = count_layers(*file, prefix + "single_blocks.", ".linear1.weight");
  const int64_t width = extent("img_in.weight", 0);
  config.head_dim = extent("double_blocks.0.img_attn.norm.query_norm.scale", 0);
  config.heads = width / config.head_dim;
  config.in_channels = extent("img_in.weight", 1);
  config.out_channels = extent("final_layer.linear.weight", 0);
  config.text_width = extent("txt_in.weight", 1);
  config.pooled_width = extent("vector_in.in_layer.weight", 1);
  config.guided = file->contains(prefix + "guidance_in.in_layer.weight");
  if (config.head_dim != 128 || width % 128 != 0) {
    throw Error(ErrorCategory::unsupported, "cannot load model", file->path(),
                "its heads are " + std::to_string(config.head_dim) + " wide, and how they turn is not in the file",
                "choose the model's Hugging Face folder");
  }
  config.rope_dims = {16, 56, 56};
  original.weights = std::make_shared<RenamedWeights>(file, flux_original_names(config, prefix));
  return original;
}

std::vector<RenamedWeight> flux_original_names(const FluxConfig& config, const std::string& prefix) {
  RenamedLayers names(prefix);
  names.layer("x_embedder", "img_in");
  names.layer("context_embedder", "txt_in");
  name_embedder(names, "timestep_embedder", "time_in");
  name_embedder(names, "text_embedder", "vector_in");
  name_embedder(names, "guidance_embedder", "guidance_in");
  for (int64_t i = 0; i < config.layers; ++i) name_double_block(names, i);
  for (int64_t i = 0; i < config.single_layers; ++i) name_single_block(names, i, config.width());
  names.split({"norm_out.linear.shift", "norm_out.linear.scale"}, "final_layer.adaLN_modulation.1");
  names.layer("proj_out", "final_layer.linear");
  return names.names();
}

std::vector<RenamedWeight> flux_xlabs_names(const FluxConfig& config) {
  RenamedLayers names("");
  for (int64_t i = 0; i < config.layers; ++i) {
    const std::string attention = "transformer_blocks." + std::to_string(i) + ".attn.";
    const std::string source = "double_blocks." + std::to_string(i) + ".";
    names.split({attention + "to_q", attention + "to_k", attention + "to_v"}, source + "qkv_lora1");
    names.split({attention + "add_q_proj", attention + "add_k_proj", attention + "add_v_proj"}, source + "qkv_lora2");
    names.layer(attention + "to_out.0", source + "proj_lora1");
    names.layer(attention + "to_add_out", source + "proj_lora2");
  }
  for (int64_t i = 0; i < config.single_layers; ++i) {
    const std::string block = "single_transformer_blocks." + std::to_string(i) + ".";
    const std::string source = "single_blocks." + std::to_string(i) + ".";
    names.split({block + "attn.to_q", block + "attn.to_k", block + "attn.to_v"}, source + "qkv");
    names.layer(block + "proj_out", source + "proj");
  }
  return names.names();
}

}  // namespace diptych::models
