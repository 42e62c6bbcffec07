#include "models/unet/unet_config.h"

#include <nlohmann/json.hpp>

#include "engine/core/error.h"
#include "models/common/config_reader.h"

namespace diptych::models {
namespace {

// Options of diffusers' class that change what is computed, each with the value that all Stable Diffusions have.
void expect_plain_options(const HfConfig& c) {
  c.expect("act_fn", c.text("act_fn") == "swish" ? "swish" : "silu");
  c.expect("center_input_sample", false);
  c.expect("only_cross_attention", false);
  c.expect("mid_block_only_cross_attention", false);
  c.expect("mid_block_scale_factor", 1);
  c.expect("downsample_padding", 1);
  c.expect("resnet_out_scale_factor", 1);
  c.expect("resnet_skip_time_act", false);
  c.expect("resnet_time_scale_shift", "default");
  c.expect("dual_cross_attention", false);
  c.expect("cross_attention_norm", nullptr);
  c.expect("attention_type", "default");
  c.expect("class_embed_type", nullptr);
  c.expect("num_class_embeds", nullptr);
  c.expect("class_embeddings_concat", false);
  c.expect("encoder_hid_dim", nullptr);
  c.expect("encoder_hid_dim_type", nullptr);
  c.expect("num_attention_heads", nullptr);
  c.expect("reverse_transformer_layers_per_block", nullptr);
  c.expect("time_embedding_type", "positional");
  c.expect("time_embedding_act_fn", nullptr);
  c.expect("timestep_post_act", nullptr);
  c.expect("time_cond_proj_dim", nullptr);
}

// For each level whether it has transformers.
std::vector<bool> attention_of_levels(const HfConfig& c, const char* key, const std::string& plain,
                                      const std::string& attended, std::vector<std::string> fallback, size_t levels) {
  std::vector<std::string> types = c.texts(key);
  if (types.empty()) types = std::move(fallback);
  if (types.size() != levels) c.fail(key, "does not have as many entries as block_out_channels");
  std::vector<bool> attention;
  for (const std::string& type : types) {
    if (type != plain && type != attended) {
      std::string known = plain;
      known.append(" and ").append(attended);
      c.refuse(key, "names " + type, "choose a model with " + known + " only");
    }
    attention.push_back(type == attended);
  }
  return attention;
}

int64_t sample_size_of(const HfConfig& c) {
  return c.extents_of_levels("sample_size", 2, 0).front();  // a number, [height, width], or not said
}

std::vector<UnetLevel> levels_of(const HfConfig& c, bool way_up) {
  std::vector<int64_t> channels = c.extents("block_out_channels");
  if (channels.empty()) channels = {320, 640, 1280, 1280};
  if (channels.size() > 16) c.fail("block_out_channels", "has more levels than any image can have");
  const auto count = static_cast<int64_t>(channels.size());
  const std::vector<int64_t> layers = c.extents_of_levels("layers_per_block", count, 2),
                             transformers = c.extents_of_levels("transformer_layers_per_block", count, 1),
                             heads = c.extents_of_levels("attention_head_dim", count, 8),
                             text_widths = c.extents_of_levels("cross_attention_dim", count, 1280);
  const std::vector<bool> down = attention_of_levels(
      c, "down_block_types", "DownBlock2D", "CrossAttnDownBlock2D",
      {"CrossAttnDownBlock2D", "CrossAttnDownBlock2D", "CrossAttnDownBlock2D", "DownBlock2D"}, channels.size());
  const std::vector<bool> up =
      way_up ? attention_of_levels(c, "up_block_types", "UpBlock2D", "CrossAttnUpBlock2D",
                                   {"UpBlock2D", "CrossAttnUpBlock2D", "CrossAttnUpBlock2D", "CrossAttnUpBlock2D"},
                                   channels.size())
             : std::vector<bool>(channels.size());
  std::vector<UnetLevel> levels;
  for (size_t i = 0; i < channels.size(); ++i) {
    const size_t from_above = channels.size() - 1 - i;  // up blocks are listed from the bottom
    levels.push_back({.channels = channels[i],
                      .layers = layers[i],
                      .transformer_layers = transformers[i],
                      .heads = heads[i],
                      .text_width = text_widths[i],
                      .down_attention = down[i],
                      .up_attention = up[from_above]});
    const bool attended = down[i] || up[from_above] || i + 1 == channels.size();
    if (attended && channels[i] % heads[i] != 0) c.fail("attention_head_dim", "does not divide block_out_channels");
    if (text_widths[i] != text_widths[0]) c.fail("cross_attention_dim", "differs between levels");
  }
  return levels;
}

UnetConfig config_of(const ModelSource& source, bool way_up) {
  const HfConfig c(source);
  expect_plain_options(c);
  UnetConfig config;
  config.in_channels = c.extent("in_channels", 4);
  config.out_channels = c.extent("out_channels", 4);
  config.sample_size = sample_size_of(c);
  config.levels = levels_of(c, way_up);
  if (c.contains("mid_block_type") && !c.text("mid_block_type")) config.mid_block = false;
  c.expect("mid_block_type", "UNetMidBlock2DCrossAttn");
  if (c.contains("norm_num_groups") && !c.number("norm_num_groups")) {
    c.refuse("norm_num_groups", "is null", "choose a model with group norms");
  }
  config.norm_groups = c.extent("norm_num_groups", 32);
  for (const UnetLevel& level : config.levels) {
    if (level.channels % config.norm_groups != 0) c.fail("norm_num_groups", "does not divide block_out_channels");
  }
  config.norm_eps = static_cast<float>(c.number("norm_eps").value_or(1e-5));
  config.kernel_in = c.extent("conv_in_kernel", 3);
  config.kernel_out = c.extent("conv_out_kernel", 3);
  for (const char* key : {"conv_in_kernel", "conv_out_kernel"}) {
    if (c.extent(key, 3) % 2 == 0) c.refuse(key, "is even", "choose a model where it is odd");
  }
  config.cosines_first = c.flag("flip_sin_to_cos", true);
  config.frequency_shift = static_cast<float>(c.number("freq_shift").value_or(0));
  config.time_width = c.extent("time_embedding_dim", 4 * config.levels.front().channels);
  if (c.text("addition_embed_type")) {
    c.expect("addition_embed_type", "text_time");
    config.added_width = c.extent("projection_class_embeddings_input_dim");
    config.size_channels = c.extent("addition_time_embed_dim");
    if (config.size_channels >= config.added_width) c.fail("addition_time_embed_dim", "leaves no room for the text");
  }
  return config;
}

}  // namespace

UnetConfig unet_config(const ModelSource& source) {
  return config_of(source, true);
}

UnetConfig unet_encoder_config(const ModelSource& source) {
  return config_of(source, false);
}

}  // namespace diptych::models
