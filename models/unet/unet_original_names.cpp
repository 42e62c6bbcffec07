#include "models/unet/unet_original_names.h"

#include <array>
#include <string>
#include <utility>

namespace diptych::models {
namespace {

void name_resnet(WeightLoader& weights, const std::string& original, const std::string& resnet) {
  constexpr std::array layers{
      std::pair{".in_layers.0", ".norm1"},          std::pair{".in_layers.2", ".conv1"},
      std::pair{".emb_layers.1", ".time_emb_proj"}, std::pair{".out_layers.0", ".norm2"},
      std::pair{".out_layers.3", ".conv2"},         std::pair{".skip_connection", ".conv_shortcut"}};
  for (const auto& [from, to] : layers) weights.also_named(original + from, {resnet + to});
}

std::string numbered_part(const std::string& list, int64_t index) {
  return list + "." + std::to_string(index);
}

// Going down, every resnet and downsampler is a block; block 0 is the first convolution.
void name_down_blocks(WeightLoader& weights, const UnetConfig& config) {
  int64_t block = 1;
  for (size_t level = 0; level < config.levels.size(); ++level) {
    const std::string own = numbered_part("down_blocks", static_cast<int64_t>(level));
    for (int64_t i = 0; i < config.levels[level].layers; ++i, ++block) {
      const std::string original = numbered_part("input_blocks", block);
      name_resnet(weights, original + ".0", numbered_part(own + ".resnets", i));
      weights.also_named_below(original + ".1", numbered_part(own + ".attentions", i));
    }
    if (level + 1 == config.levels.size()) break;
    weights.also_named(numbered_part("input_blocks", block++) + ".0.op", {own + ".downsamplers.0.conv"});
  }
}

// Going up, the upsampler stands behind the last resnet of its level, in the same block.
void name_up_blocks(WeightLoader& weights, const UnetConfig& config) {
  int64_t block = 0;
  for (size_t up = 0; up < config.levels.size(); ++up) {
    const UnetLevel& level = config.levels[config.levels.size() - 1 - up];
    const std::string own = numbered_part("up_blocks", static_cast<int64_t>(up));
    for (int64_t i = 0; i <= level.layers; ++i, ++block) {
      const std::string original = numbered_part("output_blocks", block);
      name_resnet(weights, original + ".0", numbered_part(own + ".resnets", i));
      weights.also_named_below(original + ".1", numbered_part(own + ".attentions", i));
      if (i < level.layers || up + 1 == config.levels.size()) continue;
      weights.also_named(original + (level.up_attention ? ".2.conv" : ".1.conv"), {own + ".upsamplers.0.conv"});
    }
  }
}

}  // namespace

void name_unet_originals(WeightLoader& weights, const UnetConfig& config) {
  for (const auto& [original, layer] :
       {std::pair{"time_embed.0", "time_embedding.linear_1"}, std::pair{"time_embed.2", "time_embedding.linear_2"},
        std::pair{"label_emb.0.0", "add_embedding.linear_1"}, std::pair{"label_emb.0.2", "add_embedding.linear_2"},
        std::pair{"input_blocks.0.0", "conv_in"}, std::pair{"out.0", "conv_norm_out"},
        std::pair{"out.2", "conv_out"}}) {
    weights.also_named(original, {layer});
  }
  name_down_blocks(weights, config);
  if (config.mid_block) {
    name_resnet(weights, "middle_block.0", "mid_block.resnets.0");
    weights.also_named_below("middle_block.1", "mid_block.attentions.0");
    name_resnet(weights, "middle_block.2", "mid_block.resnets.1");
  }
  name_up_blocks(weights, config);
}

}  // namespace diptych::models
