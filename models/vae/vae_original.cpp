#include "models/vae/vae_original.h"

#include <nlohmann/json.hpp>
#include <vector>

#include "models/common/original_source.h"

namespace diptych::models {
namespace {

void name_vae_resnet(RenamedLayers& names, const std::string& name, const std::string& source) {
  for (const char* part : {".norm1", ".conv1", ".norm2", ".conv2"}) names.layer(name + part, source + part);
  names.layer(name + ".conv_shortcut", source + ".nin_shortcut");
}

void name_vae_edges(RenamedLayers& names, const std::string& half) {
  const std::string mid = half + ".mid_block.", from = half + ".mid.";
  names.layer(half + ".conv_in", half + ".conv_in");
  names.layer(half + ".conv_norm_out", half + ".norm_out");
  names.layer(half + ".conv_out", half + ".conv_out");
  name_vae_resnet(names, mid + "resnets.0", from + "block_1");
  name_vae_resnet(names, mid + "resnets.1", from + "block_2");
  names.layer(mid + "attentions.0.group_norm", from + "attn_1.norm");
  for (const auto& [name, source] : {std::pair{"to_q", "q"}, {"to_k", "k"}, {"to_v", "v"}, {"to_out.0", "proj_out"}}) {
    names.layer(mid + "attentions.0." + name, from + "attn_1." + source);
  }
}

}  // namespace

bool holds_vae_original(const WeightFile& file, const std::string& prefix) {
  return file.contains(prefix + "decoder.mid.block_1.norm1.weight") &&
         file.contains(prefix + "encoder.down.0.block.0.norm1.weight");
}

ModelSource vae_original(const std::shared_ptr<const WeightFile>& file, const std::string& prefix) {
  const auto extent = [&](const std::string& name, int axis) { return stored_extent(*file, prefix + name, axis); };
  RenamedLayers names(prefix);
  const int64_t levels = count_layers(*file, prefix + "encoder.down.", ".block.0.norm1.weight");
  const int64_t layers = count_layers(*file, prefix + "encoder.down.0.block.", ".norm1.weight");
  std::vector<int64_t> channels;
  for (const char* half : {"encoder", "decoder"}) name_vae_edges(names, half);
  for (int64_t level = 0; level < levels; ++level) {
    const std::string number = std::to_string(level), mirrored = std::to_string(levels - 1 - level);
    const std::string down = "encoder.down." + number, up = "decoder.up." + mirrored;
    channels.push_back(extent(down + ".block.0.conv2.weight", 0));
    for (int64_t i = 0; i <= layers; ++i) {
      const std::string index = std::to_string(i);
      name_vae_resnet(names, "encoder.down_blocks." + number + ".resnets." + index, down + ".block." + index);
      name_vae_resnet(names, "decoder.up_blocks." + number + ".resnets." + index, up + ".block." + index);
    }
    names.layer("encoder.down_blocks." + number + ".downsamplers.0.conv", down + ".downsample.conv");
    names.layer("decoder.up_blocks." + number + ".upsamplers.0.conv", up + ".upsample.conv");
  }
  for (const char* name : {"quant_conv", "post_quant_conv"}) names.layer(name, name);
  const auto has = [&](const char* name) { return file->contains(prefix + name); };
  const nlohmann::json config{
      {"_class_name", "AutoencoderKL"},
      {"in_channels", extent("encoder.conv_in.weight", 1)},
      {"out_channels", extent("decoder.conv_out.weight", 0)},
      {"latent_channels", extent("decoder.conv_in.weight", 1)},
      {"block_out_channels", channels},
      {"layers_per_block", layers},
      {"down_block_types", std::vector<std::string>(static_cast<size_t>(levels), "DownEncoderBlock2D")},
      {"up_block_types", std::vector<std::string>(static_cast<size_t>(levels), "UpDecoderBlock2D")},
      {"mid_block_add_attention", has("decoder.mid.attn_1.q.weight")},
      {"use_quant_conv", has("quant_conv.weight")},
      {"use_post_quant_conv", has("post_quant_conv.weight")}};
  return original_source(std::make_shared<RenamedWeights>(file, names.names()), config);
}

}  // namespace diptych::models
