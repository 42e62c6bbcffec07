#include "models/controlnet/controlnet_original.h"

#include <nlohmann/json.hpp>
#include <vector>

#include "models/common/original_source.h"
#include "models/unet/unet_original.h"
#include "models/unet/unet_sizes.h"

namespace diptych::models {
namespace {

// Of input_hint_block every second entry is an activation: convolution i of diffusers is entry 2 i.
std::string hint_layer(int64_t i) {
  return "input_hint_block." + std::to_string(2 * i);
}

std::string numbered_layer(const std::string& list, int64_t i) {
  return list + "." + std::to_string(i);
}

std::vector<UnetLevelSizes> levels_of_diffusers(const WeightFile& file) {
  std::vector<UnetLevelSizes> levels;
  const auto block = [&] { return numbered_layer("down_blocks", static_cast<int64_t>(levels.size())); };
  while (file.contains(block() + ".resnets.0.conv1.weight")) {
    const std::string own = block();
    levels.push_back({.channels = stored_extent(file, own + ".resnets.0.conv1.weight", 0),
                      .layers = count_layers(file, own + ".resnets.", ".conv1.weight"),
                      .depth = count_layers(file, own + ".attentions.0.transformer_blocks.", ".attn1.to_q.weight"),
                      .attends = file.contains(own + ".attentions.0.norm.weight")});
  }
  const int64_t middle = count_layers(file, "mid_block.attentions.0.transformer_blocks.", ".attn1.to_q.weight");
  if (!levels.empty() && levels.back().depth == 0) levels.back().depth = middle;
  if (levels.empty() || levels.back().depth != middle)
    refuse_original(file, "its middle block is built otherwise than the level above");
  return levels;
}

}  // namespace

bool holds_controlnet_original(const WeightFile& file, const std::string& prefix) {
  return file.contains(prefix + "input_hint_block.0.weight") && file.contains(prefix + "zero_convs.0.0.weight");
}

ModelSource controlnet_original(const std::shared_ptr<const WeightFile>& file, const std::string& prefix) {
  const auto has = [&](const std::string& name) { return file->contains(prefix + name); };
  int64_t convolutions = 0;
  while (has(hint_layer(convolutions) + ".weight")) ++convolutions;
  // One in, one out, and between them pairs of which the second is half the size.
  if (convolutions < 2 || convolutions % 2 != 0) {
    refuse_original(*file, "it sees its picture through " + std::to_string(convolutions) + " convolutions");
  }
  RenamedLayers names(prefix);
  std::vector<int64_t> widths;
  for (int64_t i = 0; i < convolutions; ++i) {
    const std::string own = i == 0 ? "conv_in" : i == convolutions - 1 ? "conv_out" : numbered_layer("blocks", i - 1);
    names.layer("controlnet_cond_embedding." + own, hint_layer(i));
    if (i % 2 == 0) widths.push_back(stored_extent(*file, prefix + hint_layer(i) + ".weight", 0));
  }
  for (int64_t i = 0; has(numbered_layer("zero_convs", i) + ".0.weight"); ++i) {
    names.layer(numbered_layer("controlnet_down_blocks", i), numbered_layer("zero_convs", i) + ".0");
  }
  names.layer("controlnet_mid_block", "middle_block_out.0");
  return unet_encoder_original(file, prefix, names,
                               {{"_class_name", "ControlNetModel"},
                                {"conditioning_channels", stored_extent(*file, prefix + hint_layer(0) + ".weight", 1)},
                                {"conditioning_embedding_out_channels", widths}});
}

bool holds_controlnet(const WeightFile& file) {
  return file.contains("controlnet_cond_embedding.conv_in.weight") && file.contains("controlnet_mid_block.weight");
}

ModelSource controlnet_without_config(const std::shared_ptr<const WeightFile>& file) {
  for (const char* name : {"task_embedding", "control_add_embedding.linear_1.weight"}) {
    if (file->contains(name)) {
      refuse_original(*file, std::string("it is a ControlNet for several kinds of pictures (") + name + ")");
    }
  }
  const std::string picture = "controlnet_cond_embedding.";
  std::vector<int64_t> widths{stored_extent(*file, picture + "conv_in.weight", 0)};
  for (int64_t i = 1; file->contains(numbered_layer(picture + "blocks", i) + ".weight"); i += 2) {
    widths.push_back(stored_extent(*file, numbered_layer(picture + "blocks", i) + ".weight", 0));
  }
  nlohmann::json config = unet_down_config(*file, levels_of_diffusers(*file),
                                           {.transformer = "mid_block.attentions.0",
                                            .conv_in = "conv_in.weight",
                                            .time = "time_embedding.linear_1.weight",
                                            .added = "add_embedding.linear_1.weight"});
  config["_class_name"] = "ControlNetModel";
  config["conditioning_channels"] = stored_extent(*file, picture + "conv_in.weight", 1);
  config["conditioning_embedding_out_channels"] = widths;
  return original_source(file, config);
}

}  // namespace diptych::models
