#include "models/vae/vae_config.h"

#include <nlohmann/json.hpp>
#include <string>

#include "models/common/config_reader.h"

namespace diptych::models {
namespace {

void expect_block_types(const HfConfig& c, const char* key, const char* only, size_t levels) {
  const std::vector<std::string> types = c.texts(key);
  if (types.empty() && levels == 1) return;
  if (types.size() != levels) c.fail(key, "does not have as many entries as block_out_channels");
  c.expect(key, std::vector<std::string>(levels, only));
}

}  // namespace

VaeConfig vae_config(const ModelSource& source) {
  const HfConfig c(source);
  VaeConfig config;
  config.in_channels = c.extent("in_channels", 3);
  config.out_channels = c.extent("out_channels", 3);
  config.latent_channels = c.extent("latent_channels", 4);
  config.block_channels = c.extents("block_out_channels");
  if (config.block_channels.empty()) config.block_channels = {64};
  if (config.block_channels.size() > 16) c.fail("block_out_channels", "has more levels than any image can have");
  config.layers_per_block = c.extent("layers_per_block", 1);
  config.norm_groups = c.extent("norm_num_groups", 32);
  for (const int64_t channels : config.block_channels) {
    if (channels % config.norm_groups != 0) c.fail("norm_num_groups", "does not divide block_out_channels");
  }
  config.quant_conv = c.flag("use_quant_conv", true);
  config.post_quant_conv = c.flag("use_post_quant_conv", true);
  config.mid_attention = c.flag("mid_block_add_attention", true);
  config.scaling_factor = static_cast<float>(c.number("scaling_factor").value_or(0.18215));
  config.shift_factor = static_cast<float>(c.number("shift_factor").value_or(0));
  if (!(config.scaling_factor > 0)) c.fail("scaling_factor", "is not above 0");
  expect_block_types(c, "down_block_types", "DownEncoderBlock2D", config.block_channels.size());
  expect_block_types(c, "up_block_types", "UpDecoderBlock2D", config.block_channels.size());
  const std::string activation = c.text("act_fn").value_or("silu");
  if (activation != "swish") c.expect("act_fn", "silu");
  // A mean and deviation per channel of latents: pipelines would have to apply them.
  c.expect("latents_mean", nullptr);
  c.expect("latents_std", nullptr);
  return config;
}

}  // namespace diptych::models
