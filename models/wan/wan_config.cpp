#include "models/wan/wan_config.h"

#include <nlohmann/json.hpp>

#include "models/common/transformer_config.h"

namespace diptych::models {

WanConfig wan_config(const ModelSource& source) {
  const HfConfig c(source);
  WanConfig config;
  config.layers = c.extent("num_layers", 40);
  config.heads = c.extent("num_attention_heads", 40);
  config.head_dim = c.extent("attention_head_dim", 128);
  config.inner = c.extent("ffn_dim", 13824);
  config.in_channels = c.extent("in_channels", 16);
  config.out_channels = c.extent("out_channels", c.contains("out_channels") ? config.in_channels : 16);
  config.text_width = c.extent("text_dim", 4096);
  config.frequencies = c.extent("freq_dim", 256);
  config.text_norm = c.flag("cross_attn_norm", true);
  config.norm_eps = static_cast<float>(c.number("eps").value_or(1e-6));
  std::vector<int64_t> patch = c.extents("patch_size");
  if (patch.empty()) patch = {1, 2, 2};
  if (patch.size() != 3) c.fail("patch_size", "does not have three entries");
  if (patch[1] != patch[2]) c.refuse("patch_size", "is not square", "choose a model whose patches are");
  config.patch_frames = patch[0];
  config.patch = patch[1];
  c.expect("image_dim", nullptr);
  c.expect("added_kv_proj_dim", nullptr);
  c.expect("qk_norm", "rms_norm_across_heads");
  check_width(c, config.width());
  if (config.patch > 1024 || config.patch_frames > 1024) c.fail("patch_size", "is larger than any video's");
  if (config.head_dim % 2 != 0) c.fail("attention_head_dim", "is odd");
  return config;
}

}  // namespace diptych::models
