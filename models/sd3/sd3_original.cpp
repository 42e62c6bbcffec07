#include "models/sd3/sd3_original.h"

#include <cmath>

#include "engine/core/error.h"
#include "models/common/renamed_weights.h"

namespace diptych::models {
namespace {

void name_attention(RenamedLayers& names, const std::string& name, const std::string& source) {
  names.split({name + ".to_q", name + ".to_k", name + ".to_v"}, source + ".qkv");
  names.weight(name + ".norm_q.weight", source + ".ln_q.weight");
  names.weight(name + ".norm_k.weight", source + ".ln_k.weight");
  names.layer(name + ".to_out.0", source + ".proj");
}

void name_joint_block(RenamedLayers& names, int64_t index, bool last) {
  const std::string block = "transformer_blocks." + std::to_string(index) + ".";
  const std::string source = "joint_blocks." + std::to_string(index) + ".";
  const std::string image = source + "x_block.", text = source + "context_block.";
  names.layer(block + "norm1.linear", image + "adaLN_modulation.1");
  if (last) {
    const std::string norm = block + "norm1_context.linear";
    names.split({norm + ".shift", norm + ".scale"}, text + "adaLN_modulation.1");
  } else {
    names.layer(block + "norm1_context.linear", text + "adaLN_modulation.1");
  }
  name_attention(names, block + "attn", image + "attn");
  name_attention(names, block + "attn2", image + "attn2");
  names.split({block + "attn.add_q_proj", block + "attn.add_k_proj", block + "attn.add_v_proj"}, text + "attn.qkv");
  names.weight(block + "attn.norm_added_q.weight", text + "attn.ln_q.weight");
  names.weight(block + "attn.norm_added_k.weight", text + "attn.ln_k.weight");
  names.layer(block + "attn.to_add_out", text + "attn.proj");
  for (const auto& [mlp, from] : {std::pair{"ff", image}, {"ff_context", text}}) {
    names.layer(block + mlp + ".net.0.proj", from + "mlp.fc1");
    names.layer(block + mlp + ".net.2", from + "mlp.fc2");
  }
}

}  // namespace

bool holds_sd3_original(const WeightFile& file) {
  return file.contains(checkpoint_prefix(file, "x_embedder.proj.weight") + "joint_blocks.0.x_block.attn.qkv.weight");
}

Sd3Original sd3_original(const std::shared_ptr<const WeightFile>& file) {
  const std::string prefix = checkpoint_prefix(*file, "x_embedder.proj.weight");
  const auto extent = [&](const std::string& name, int axis) { return stored_extent(*file, prefix + name, axis); };
  Sd3Original original;
  Sd3Config& config = original.config;
  config.layers = count_layers(*file, prefix + "joint_blocks.", ".x_block.attn.qkv.weight");
  const int64_t width = extent("x_embedder.proj.weight", 0);
  const std::string head_norm = prefix + "joint_blocks.0.x_block.attn.ln_q.weight";
  config.qk_norm = file->contains(head_norm);
  config.head_dim = 64;  // of all sizes that were published
  config.heads = width / config.head_dim;
  config.in_channels = extent("x_embedder.proj.weight", 1);
  config.patch = extent("x_embedder.proj.weight", 2);
  config.out_channels = extent("final_layer.linear.weight", 0) / (config.patch * config.patch);
  config.sample_size = 128;
  config.positions = std::lround(std::sqrt(static_cast<double>(extent("pos_embed", -2))));
  config.text_width = extent("context_embedder.weight", 1);
  config.pooled_width = extent("y_embedder.mlp.0.weight", 1);
  for (int64_t i = 0; i < config.layers; ++i) {
    if (file->contains(prefix + "joint_blocks." + std::to_string(i) + ".x_block.attn2.qkv.weight")) {
      config.dual_layers.push_back(i);
    }
  }
  if (width % config.head_dim != 0 || config.patch > 1024) {
    throw Error(
        ErrorCategory::unsupported, "cannot load model", file->path(),
        "it is " + std::to_string(width) + " wide, which is no multiple of a head's " + std::to_string(config.head_dim),
        "choose the model's Hugging Face folder");
  }
  original.weights = std::make_shared<RenamedWeights>(file, sd3_original_names(config, prefix));
  return original;
}

std::vector<RenamedWeight> sd3_original_names(const Sd3Config& config, const std::string& prefix) {
  RenamedLayers names(prefix);
  names.layer("pos_embed.proj", "x_embedder.proj");
  names.weight("pos_embed.pos_embed", "pos_embed");
  names.layer("context_embedder", "context_embedder");
  for (const auto& [name, from] : {std::pair{"timestep_embedder", "t_embedder"}, {"text_embedder", "y_embedder"}}) {
    names.layer(std::string("time_text_embed.") + name + ".linear_1", std::string(from) + ".mlp.0");
    names.layer(std::string("time_text_embed.") + name + ".linear_2", std::string(from) + ".mlp.2");
  }
  for (int64_t i = 0; i < config.layers; ++i) name_joint_block(names, i, i == config.layers - 1);
  names.split({"norm_out.linear.shift", "norm_out.linear.scale"}, "final_layer.adaLN_modulation.1");
  names.layer("proj_out", "final_layer.linear");
  return names.names();
}

}  // namespace diptych::models
