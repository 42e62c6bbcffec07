#include "models/vae/qwen_vae_original.h"

#include <nlohmann/json.hpp>
#include <utility>
#include <vector>

#include "models/common/original_source.h"

namespace diptych::models {
namespace {

constexpr int64_t published_latent_channels = 16;
// Of each channel of the latents (vae.py of Wan 2.1; diffusers' AutoencoderKLQwenImage).
constexpr double published_means[] = {-0.7571, -0.7089, -0.9113, 0.1075,  -0.1745, 0.9653,  -0.1517, 1.5508,
                                      0.4134,  -0.0715, 0.5517,  -0.3632, -0.1922, -0.9497, 0.2503,  -0.2921};
constexpr double published_deviations[] = {2.8184, 1.4541, 2.3275, 2.6558, 1.2196, 1.7708, 2.6052, 2.0743,
                                           3.2687, 2.1526, 2.8652, 1.5579, 1.6382, 1.1253, 2.8251, 1.9160};

std::string numbered_entry(const std::string& list, int64_t i) {
  return list + "." + std::to_string(i);
}

void name_qwen_resnet(RenamedLayers& names, const std::string& name, const std::string& source) {
  names.weight(name + ".norm1.gamma", source + ".residual.0.gamma");
  names.layer(name + ".conv1", source + ".residual.2");
  names.weight(name + ".norm2.gamma", source + ".residual.3.gamma");
  names.layer(name + ".conv2", source + ".residual.6");
  names.layer(name + ".conv_shortcut", source + ".shortcut");
}

void name_qwen_edges(RenamedLayers& names, const std::string& half) {
  const std::string mid = half + ".mid_block.";
  names.layer(half + ".conv_in", half + ".conv1");
  name_qwen_resnet(names, mid + "resnets.0", half + ".middle.0");
  names.weight(mid + "attentions.0.norm.gamma", half + ".middle.1.norm.gamma");
  names.layer(mid + "attentions.0.to_qkv", half + ".middle.1.to_qkv");
  names.layer(mid + "attentions.0.proj", half + ".middle.1.proj");
  name_qwen_resnet(names, mid + "resnets.1", half + ".middle.2");
  names.weight(half + ".norm_out.gamma", half + ".head.0.gamma");
  names.layer(half + ".conv_out", half + ".head.2");
}

}  // namespace

bool holds_qwen_vae_original(const WeightFile& file, const std::string& prefix) {
  return file.contains(prefix + "encoder.downsamples.0.residual.2.weight") &&
         file.contains(prefix + "decoder.upsamples.0.residual.2.weight");
}

ModelSource qwen_vae_original(const std::shared_ptr<const WeightFile>& file, const std::string& prefix) {
  const auto extent = [&](const std::string& name, int axis) { return stored_extent(*file, prefix + name, axis); };
  const auto has = [&](const std::string& name) { return file->contains(prefix + name); };
  const int64_t latent_channels = extent("decoder.conv1.weight", 1);
  if (latent_channels != published_latent_channels) {
    refuse_original(*file, "its latents have " + std::to_string(latent_channels) +
                               " channels, and how they are scaled is not in the file");
  }
  RenamedLayers names(prefix);
  for (const char* half : {"encoder", "decoder"}) name_qwen_edges(names, half);
  names.layer("quant_conv", "conv1");
  names.layer("post_quant_conv", "conv2");
  // Going down, residual and resampling blocks stand in one list, with diffusers as well.
  std::vector<int64_t> channels;
  int64_t layers = 0, block = 0;
  for (bool begins = true;; ++block) {
    const std::string source = numbered_entry("encoder.downsamples", block);
    const std::string name = numbered_entry("encoder.down_blocks", block);
    if (has(source + ".residual.2.weight")) {
      name_qwen_resnet(names, name, source);
      if (begins) channels.push_back(extent(source + ".residual.2.weight", 0));
      if (channels.size() == 1) ++layers;
      begins = false;
    } else if (has(source + ".resample.1.weight")) {
      names.layer(name + ".resample.1", source + ".resample.1");
      begins = true;
    } else {
      break;
    }
  }
  std::vector<int64_t> multipliers;
  for (const int64_t width : channels) {
    if (width % channels.front() != 0) refuse_original(*file, "its levels are no multiples of the first");
    multipliers.push_back(width / channels.front());
  }
  // Going up, a level has one residual block more.
  block = 0;
  for (int64_t level = 0; level < static_cast<int64_t>(channels.size()); ++level) {
    const std::string name = numbered_entry("decoder.up_blocks", level);
    for (int64_t i = 0; i <= layers; ++i, ++block) {
      name_qwen_resnet(names, numbered_entry(name + ".resnets", i), numbered_entry("decoder.upsamples", block));
    }
    names.layer(name + ".upsamplers.0.resample.1", numbered_entry("decoder.upsamples", block++) + ".resample.1");
  }
  return original_source(std::make_shared<RenamedWeights>(file, names.names()),
                         {{"_class_name", "AutoencoderKLQwenImage"},
                          {"input_channels", extent("encoder.conv1.weight", 1)},
                          {"z_dim", latent_channels},
                          {"base_dim", channels.front()},
                          {"dim_mult", multipliers},
                          {"num_res_blocks", layers},
                          {"latents_mean", published_means},
                          {"latents_std", published_deviations}});
}

}  // namespace diptych::models
