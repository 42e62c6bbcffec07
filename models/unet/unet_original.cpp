#include "models/unet/unet_original.h"

#include <algorithm>
#include <nlohmann/json.hpp>
#include <vector>

#include "models/common/original_source.h"

namespace diptych::models {
namespace {

constexpr int64_t first_generation_heads = 8, later_head_dim = 64, size_channels = 256;
constexpr int64_t first_generation_text_width = 768;

std::string numbered_part(const std::string& name, int64_t number) {
  return name + std::to_string(number);
}

// One level of the network, as the list of its blocks shows it.
struct OriginalLevel {
  int64_t channels = 0, layers = 0, depth = 0;
  bool attends = false;
};

class UnetReader {
 public:
  UnetReader(const std::shared_ptr<const WeightFile>& file, const std::string& prefix)
      : file_(file), prefix_(prefix), names_(prefix) {}

  ModelSource read() {
    name_edges();
    read_down();
    name_mid();
    read_up();
    return original_source(std::make_shared<RenamedWeights>(file_, names_.names()), config());
  }

 private:
  bool has(const std::string& name) const { return file_->contains(prefix_ + name); }
  int64_t extent(const std::string& name, int axis) const { return stored_extent(*file_, prefix_ + name, axis); }

  void name_edges() {
    names_.layer("time_embedding.linear_1", "time_embed.0");
    names_.layer("time_embedding.linear_2", "time_embed.2");
    names_.layer("add_embedding.linear_1", "label_emb.0.0");
    names_.layer("add_embedding.linear_2", "label_emb.0.2");
    names_.layer("conv_in", "input_blocks.0.0");
    names_.layer("conv_norm_out", "out.0");
    names_.layer("conv_out", "out.2");
  }

  void name_resnet(const std::string& name, const std::string& source) {
    names_.layer(name + ".norm1", source + ".in_layers.0");
    names_.layer(name + ".conv1", source + ".in_layers.2");
    names_.layer(name + ".time_emb_proj", source + ".emb_layers.1");
    names_.layer(name + ".norm2", source + ".out_layers.0");
    names_.layer(name + ".conv2", source + ".out_layers.3");
    names_.layer(name + ".conv_shortcut", source + ".skip_connection");
  }

  // Transformers have the same names in both.
  int64_t name_transformer(const std::string& name, const std::string& source) {
    names_.tree(*file_, name + ".", source + ".");
    if (transformer_.empty()) transformer_ = source;
    return count_layers(*file_, prefix_ + source + ".transformer_blocks.", ".attn1.to_q.weight");
  }

  void read_down() {
    levels_.emplace_back();
    for (int64_t i = 1; has_weights_of(*file_, prefix_ + numbered_part("input_blocks.", i) + "."); ++i) {
      const std::string source = numbered_part("input_blocks.", i);
      const std::string block = numbered_part("down_blocks.", static_cast<int64_t>(levels_.size()) - 1);
      if (has(source + ".0.op.weight")) {
        names_.layer(block + ".downsamplers.0.conv", source + ".0.op");
        levels_.emplace_back();
        continue;
      }
      OriginalLevel& level = levels_.back();
      const std::string number = numbered_part(".", level.layers);
      level.channels = extent(source + ".0.out_layers.3.weight", 0);
      name_resnet(block + ".resnets" + number, source + ".0");
      if (has(source + ".1.norm.weight")) {
        level.attends = true;
        level.depth = name_transformer(block + ".attentions" + number, source + ".1");
      }
      ++level.layers;
    }
  }

  void name_mid() {
    name_resnet("mid_block.resnets.0", "middle_block.0");
    const int64_t depth = name_transformer("mid_block.attentions.0", "middle_block.1");
    name_resnet("mid_block.resnets.1", "middle_block.2");
    if (levels_.back().depth == 0) levels_.back().depth = depth;
    if (levels_.back().depth != depth)
      refuse_original(*file_, "its middle block is built otherwise than the level above");
  }

  void read_up() {
    int64_t i = 0;
    for (size_t up = 0; up < levels_.size(); ++up) {
      const std::string block = numbered_part("up_blocks.", static_cast<int64_t>(up));
      bool attends = false;
      for (int64_t layer = 0; layer <= levels_[levels_.size() - 1 - up].layers; ++layer, ++i) {
        const std::string source = numbered_part("output_blocks.", i), number = numbered_part(".", layer);
        name_resnet(block + ".resnets" + number, source + ".0");
        if (has(source + ".1.norm.weight")) {
          attends = true;
          name_transformer(block + ".attentions" + number, source + ".1");
        }
        names_.layer(block + ".upsamplers.0.conv", source + (attends ? ".2.conv" : ".1.conv"));
      }
      up_attends_.push_back(attends);
    }
  }

  int64_t heads_of(const OriginalLevel& level, bool first_generation) const {
    if (first_generation) return first_generation_heads;
    if (level.channels % later_head_dim == 0) return level.channels / later_head_dim;
    if (!level.attends) return 1;
    refuse_original(*file_, std::to_string(level.channels) + " channels are no multiple of a head's " +
                                std::to_string(later_head_dim));
  }

  nlohmann::json config() const {
    if (transformer_.empty()) refuse_original(*file_, "it has no transformers, and so no text to follow");
    const int64_t text = extent(transformer_ + ".transformer_blocks.0.attn2.to_k.weight", 1);
    const Shape projection = file_->entry(prefix_ + transformer_ + ".proj_in.weight")->dims;
    const bool first = projection.rank() == 4 || text == first_generation_text_width;
    std::vector<int64_t> channels, layers, depths, heads;
    std::vector<std::string> down, up;
    for (const OriginalLevel& level : levels_) {
      channels.push_back(level.channels);
      layers.push_back(level.layers);
      depths.push_back(std::max<int64_t>(level.depth, 1));
      heads.push_back(heads_of(level, first));
      down.emplace_back(level.attends ? "CrossAttnDownBlock2D" : "DownBlock2D");
    }
    for (const bool attends : up_attends_) up.emplace_back(attends ? "CrossAttnUpBlock2D" : "UpBlock2D");
    nlohmann::json config{{"_class_name", "UNet2DConditionModel"},
                          {"in_channels", extent("input_blocks.0.0.weight", 1)},
                          {"out_channels", extent("out.2.weight", 0)},
                          {"block_out_channels", channels},
                          {"layers_per_block", layers},
                          {"transformer_layers_per_block", depths},
                          {"attention_head_dim", heads},
                          {"cross_attention_dim", text},
                          {"down_block_types", down},
                          {"up_block_types", up},
                          {"time_embedding_dim", extent("time_embed.0.weight", 0)}};
    if (has("label_emb.0.0.weight")) {
      config["addition_embed_type"] = "text_time";
      config["addition_time_embed_dim"] = size_channels;
      config["projection_class_embeddings_input_dim"] = extent("label_emb.0.0.weight", 1);
    }
    return config;
  }

  std::shared_ptr<const WeightFile> file_;
  std::string prefix_;
  RenamedLayers names_;
  std::vector<OriginalLevel> levels_;
  std::vector<bool> up_attends_;
  std::string transformer_;  // the first one
};

}  // namespace

bool holds_unet_original(const WeightFile& file, const std::string& prefix) {
  return file.contains(prefix + "input_blocks.0.0.weight") && file.contains(prefix + "out.2.weight");
}

ModelSource unet_original(const std::shared_ptr<const WeightFile>& file, const std::string& prefix) {
  return UnetReader(file, prefix).read();
}

}  // namespace diptych::models
