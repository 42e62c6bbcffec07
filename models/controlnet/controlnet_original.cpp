#include "models/controlnet/controlnet_original.h"

#include <nlohmann/json.hpp>
#include <vector>

#include "models/common/original_source.h"
#include "models/unet/unet_original.h"

namespace diptych::models {
namespace {

// Of input_hint_block every second entry is an activation: convolution i of diffusers is entry 2 i.
std::string hint_layer(int64_t i) {
  return "input_hint_block." + std::to_string(2 * i);
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
    const std::string own = i == 0 ? "conv_in" : i == convolutions - 1 ? "conv_out" : "blocks." + std::to_string(i - 1);
    names.layer("controlnet_cond_embedding." + own, hint_layer(i));
    if (i % 2 == 0) widths.push_back(stored_extent(*file, prefix + hint_layer(i) + ".weight", 0));
  }
  for (int64_t i = 0; has("zero_convs." + std::to_string(i) + ".0.weight"); ++i) {
    names.layer("controlnet_down_blocks." + std::to_string(i), "zero_convs." + std::to_string(i) + ".0");
  }
  names.layer("controlnet_mid_block", "middle_block_out.0");
  return unet_encoder_original(file, prefix, names,
                               {{"_class_name", "ControlNetModel"},
                                {"conditioning_channels", stored_extent(*file, prefix + hint_layer(0) + ".weight", 1)},
                                {"conditioning_embedding_out_channels", widths}});
}

}  // namespace diptych::models
