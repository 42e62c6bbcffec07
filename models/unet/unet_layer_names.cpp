#include "models/unet/unet_layer_names.h"

#include <array>
#include <utility>

namespace diptych::models {
namespace {

std::string numbered_part(const std::string& list, int64_t index) {
  return list + "." + std::to_string(index);
}

class UnetNamer {
 public:
  explicit UnetNamer(const UnetConfig& config) : config_(config) {}

  void name_edges() {
    for (const auto& [layer, original] :
         {std::pair{"time_embedding.linear_1", "time_embed.0"}, std::pair{"time_embedding.linear_2", "time_embed.2"},
          std::pair{"add_embedding.linear_1", "label_emb.0.0"}, std::pair{"add_embedding.linear_2", "label_emb.0.2"},
          std::pair{"conv_in", "input_blocks.0.0"}}) {
      names_.push_back({layer, original});
    }
  }

  // Going down, every resnet and downsampler is a block; block 0 is the first convolution.
  void name_down_blocks() {
    int64_t block = 1;
    for (size_t level = 0; level < config_.levels.size(); ++level) {
      const std::string own = numbered_part("down_blocks", static_cast<int64_t>(level));
      for (int64_t i = 0; i < config_.levels[level].layers; ++i, ++block) {
        const std::string original = numbered_part("input_blocks", block);
        name_resnet(numbered_part(own + ".resnets", i), original + ".0");
        names_.push_back({numbered_part(own + ".attentions", i), original + ".1", true});
      }
      if (level + 1 == config_.levels.size()) break;
      names_.push_back({own + ".downsamplers.0.conv", numbered_part("input_blocks", block++) + ".0.op"});
    }
  }

  void name_middle() {
    if (!config_.mid_block) return;
    name_resnet("mid_block.resnets.0", "middle_block.0");
    names_.push_back({"mid_block.attentions.0", "middle_block.1", true});
    name_resnet("mid_block.resnets.1", "middle_block.2");
  }

  // Going up, the upsampler stands behind the last resnet of its level, in the same block.
  void name_up_blocks() {
    int64_t block = 0;
    for (size_t up = 0; up < config_.levels.size(); ++up) {
      const UnetLevel& level = config_.levels[config_.levels.size() - 1 - up];
      const std::string own = numbered_part("up_blocks", static_cast<int64_t>(up));
      for (int64_t i = 0; i <= level.layers; ++i, ++block) {
        const std::string original = numbered_part("output_blocks", block);
        name_resnet(numbered_part(own + ".resnets", i), original + ".0");
        if (level.up_attention) names_.push_back({numbered_part(own + ".attentions", i), original + ".1", true});
        if (i < level.layers || up + 1 == config_.levels.size()) continue;
        names_.push_back({own + ".upsamplers.0.conv", original + (level.up_attention ? ".2.conv" : ".1.conv")});
      }
    }
    names_.push_back({"conv_norm_out", "out.0"});
    names_.push_back({"conv_out", "out.2"});
  }

  std::vector<UnetLayerName> take() { return std::move(names_); }

 private:
  void name_resnet(const std::string& resnet, const std::string& original) {
    constexpr std::array layers{
        std::pair{".in_layers.0", ".norm1"},          std::pair{".in_layers.2", ".conv1"},
        std::pair{".emb_layers.1", ".time_emb_proj"}, std::pair{".out_layers.0", ".norm2"},
        std::pair{".out_layers.3", ".conv2"},         std::pair{".skip_connection", ".conv_shortcut"}};
    for (const auto& [from, to] : layers) names_.push_back({resnet + to, original + from});
  }

  const UnetConfig& config_;
  std::vector<UnetLayerName> names_;
};

}  // namespace

std::vector<UnetLayerName> unet_layer_names(const UnetConfig& config, bool way_up) {
  UnetNamer namer(config);
  namer.name_edges();
  namer.name_down_blocks();
  namer.name_middle();
  if (way_up) namer.name_up_blocks();
  return namer.take();
}

void name_unet_originals(WeightLoader& weights, const UnetConfig& config) {
  for (const UnetLayerName& layer : unet_layer_names(config)) {
    if (layer.below) {
      weights.also_named_below(layer.original, layer.name);
    } else {
      weights.also_named(layer.original, {layer.name});
    }
  }
}

}  // namespace diptych::models
