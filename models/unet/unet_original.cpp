#include "models/unet/unet_original.h"

#include <nlohmann/json.hpp>
#include <vector>

#include "models/common/original_source.h"
#include "models/unet/unet_config.h"
#include "models/unet/unet_layer_names.h"
#include "models/unet/unet_sizes.h"

namespace diptych::models {
namespace {

std::string numbered_block(const std::string& name, int64_t number) {
  return name + std::to_string(number);
}

class UnetReader {
 public:
  UnetReader(const std::shared_ptr<const WeightFile>& file, const std::string& prefix) : file_(file), prefix_(prefix) {}

  ModelSource read() {
    read_down();
    read_middle();
    read_up();
    nlohmann::json config = sizes();
    std::vector<std::string> up;
    for (const bool attends : up_attends_) up.emplace_back(attends ? "CrossAttnUpBlock2D" : "UpBlock2D");
    config["_class_name"] = "UNet2DConditionModel";
    config["out_channels"] = extent("out.2.weight", 0);
    config["up_block_types"] = up;
    return renamed(config, true, RenamedLayers(prefix_));
  }

  ModelSource read_encoder(const RenamedLayers& more, const nlohmann::json& beside) {
    read_down();
    read_middle();
    nlohmann::json config = sizes();
    config.update(beside);
    return renamed(config, false, more);
  }

 private:
  bool has(const std::string& name) const { return file_->contains(prefix_ + name); }
  int64_t extent(const std::string& name, int axis) const { return stored_extent(*file_, prefix_ + name, axis); }

  int64_t transformer_depth(const std::string& source) const {
    return count_layers(*file_, prefix_ + source + ".transformer_blocks.", ".attn1.to_q.weight");
  }

  void read_down() {
    levels_.emplace_back();
    for (int64_t i = 1; has_weights_of(*file_, prefix_ + numbered_block("input_blocks.", i) + "."); ++i) {
      const std::string source = numbered_block("input_blocks.", i);
      if (has(source + ".0.op.weight")) {
        levels_.emplace_back();
        continue;
      }
      UnetLevelSizes& level = levels_.back();
      level.channels = extent(source + ".0.out_layers.3.weight", 0);
      if (has(source + ".1.norm.weight")) {
        level.attends = true;
        level.depth = transformer_depth(source + ".1");
      }
      ++level.layers;
    }
  }

  void read_middle() {
    const int64_t depth = transformer_depth("middle_block.1");
    if (levels_.back().depth == 0) levels_.back().depth = depth;
    if (levels_.back().depth != depth)
      refuse_original(*file_, "its middle block is built otherwise than the level above");
  }

  void read_up() {
    int64_t i = 0;
    for (size_t up = 0; up < levels_.size(); ++up) {
      bool attends = false;
      for (int64_t layer = 0; layer <= levels_[levels_.size() - 1 - up].layers; ++layer, ++i) {
        attends = attends || has(numbered_block("output_blocks.", i) + ".1.norm.weight");
      }
      up_attends_.push_back(attends);
    }
  }

  ModelSource renamed(const nlohmann::json& config, bool way_up, const RenamedLayers& more) const {
    RenamedLayers names = more;
    const ModelSource told = original_source(file_, config);
    const UnetConfig sizes = way_up ? unet_config(told) : unet_encoder_config(told);
    for (const UnetLayerName& layer : unet_layer_names(sizes, way_up)) {
      if (layer.below) {
        names.tree(*file_, layer.name + ".", layer.original + ".");
      } else {
        names.layer(layer.name, layer.original);
      }
    }
    return original_source(std::make_shared<RenamedWeights>(file_, names.names()), config);
  }

  // What config.json says of the way down.
  nlohmann::json sizes() const {
    return unet_down_config(*file_, levels_,
                            {.transformer = prefix_ + "middle_block.1",
                             .conv_in = prefix_ + "input_blocks.0.0.weight",
                             .time = prefix_ + "time_embed.0.weight",
                             .added = prefix_ + "label_emb.0.0.weight"});
  }

  std::shared_ptr<const WeightFile> file_;
  std::string prefix_;
  std::vector<UnetLevelSizes> levels_;
  std::vector<bool> up_attends_;
};

}  // namespace

bool holds_unet_original(const WeightFile& file, const std::string& prefix) {
  return file.contains(prefix + "input_blocks.0.0.weight") && file.contains(prefix + "out.2.weight");
}

ModelSource unet_original(const std::shared_ptr<const WeightFile>& file, const std::string& prefix) {
  return UnetReader(file, prefix).read();
}

ModelSource unet_encoder_original(const std::shared_ptr<const WeightFile>& file, const std::string& prefix,
                                  const RenamedLayers& more, const nlohmann::json& config) {
  return UnetReader(file, prefix).read_encoder(more, config);
}

}  // namespace diptych::models
