#include "models/unet/unet_sizes.h"

#include <algorithm>
#include <nlohmann/json.hpp>

#include "models/common/original_source.h"

namespace diptych::models {
namespace {

constexpr int64_t first_generation_heads = 8, later_head_dim = 64, size_channels = 256;
constexpr int64_t first_generation_text_width = 768;

int64_t heads_of(const WeightFile& file, const UnetLevelSizes& level, bool first_generation) {
  if (first_generation) return first_generation_heads;
  if (level.channels % later_head_dim == 0) return level.channels / later_head_dim;
  if (!level.attends) return 1;
  refuse_original(
      file, std::to_string(level.channels) + " channels are no multiple of a head's " + std::to_string(later_head_dim));
}

}  // namespace

nlohmann::json unet_down_config(const WeightFile& file, const std::vector<UnetLevelSizes>& levels,
                                const UnetSizeNames& names) {
  const std::string projection = names.transformer + ".proj_in.weight";
  if (!file.contains(projection)) refuse_original(file, "it has no transformers, and so no text to follow");
  const int64_t text = stored_extent(file, names.transformer + ".transformer_blocks.0.attn2.to_k.weight", 1);
  const bool first = file.require(projection).dims.rank() == 4 || text == first_generation_text_width;
  std::vector<int64_t> channels, layers, depths, heads;
  std::vector<std::string> down;
  for (const UnetLevelSizes& level : levels) {
    channels.push_back(level.channels);
    layers.push_back(level.layers);
    depths.push_back(std::max<int64_t>(level.depth, 1));
    heads.push_back(heads_of(file, level, first));
    down.emplace_back(level.attends ? "CrossAttnDownBlock2D" : "DownBlock2D");
  }
  nlohmann::json config{{"in_channels", stored_extent(file, names.conv_in, 1)},
                        {"block_out_channels", channels},
                        {"layers_per_block", layers},
                        {"transformer_layers_per_block", depths},
                        {"attention_head_dim", heads},
                        {"cross_attention_dim", text},
                        {"down_block_types", down},
                        {"time_embedding_dim", stored_extent(file, names.time, 0)}};
  if (file.contains(names.added)) {
    config["addition_embed_type"] = "text_time";
    config["addition_time_embed_dim"] = size_channels;
    config["projection_class_embeddings_input_dim"] = stored_extent(file, names.added, 1);
  }
  return config;
}

}  // namespace diptych::models
