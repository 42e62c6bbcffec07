#include "models/z_image/z_image_config.h"

#include <nlohmann/json.hpp>

#include "models/common/transformer_config.h"

namespace diptych::models {
namespace {

// Files may have layers for several sizes of patches: 2 x 2 of one frame is what images are made with.
void choose_patch(const HfConfig& c, ZImageConfig& config) {
  std::vector<int64_t> sides = c.extents("all_patch_size"), frames = c.extents("all_f_patch_size");
  if (sides.empty()) sides = {2};
  if (frames.empty()) frames = {1};
  if (sides.size() != frames.size()) c.fail("all_f_patch_size", "has not as many entries as all_patch_size");
  size_t chosen = 0;
  for (size_t i = 0; i < sides.size(); ++i) {
    if (sides[i] == 2 && frames[i] == 1) chosen = i;
    if (sides[i] > 1024 || frames[i] > 1024) c.fail("all_patch_size", "is larger than any image's");
  }
  config.patch = sides[chosen];
  config.patch_frames = frames[chosen];
}

}  // namespace

ZImageConfig z_image_config(const ModelSource& source) {
  const HfConfig c(source);
  ZImageConfig config;
  config.layers = c.extent("n_layers", 30);
  config.refiners = c.count("n_refiner_layers", 2);
  config.heads = c.extent("n_heads", 30);
  config.width = c.extent("dim", 3840);
  config.channels = c.extent("in_channels", 16);
  config.text_width = c.extent("cap_feat_dim", 2560);
  config.norm_eps = static_cast<float>(c.number("norm_eps").value_or(1e-5));
  config.qk_norm = c.flag("qk_norm", true);
  config.time_scale = static_cast<float>(c.number("t_scale").value_or(1000));
  config.rope_theta = c.number("rope_theta").value_or(256);
  if (!(config.rope_theta > 0)) c.fail("rope_theta", "is not positive");
  if (config.width % config.heads != 0) c.fail("n_heads", "does not divide dim");
  config.rope_dims = rope_dims_of(c, "axes_dims", {32, 48, 48}, config.head_dim());
  if (config.rope_dims.size() != 3) c.fail("axes_dims", "does not have three entries");
  choose_patch(c, config);
  c.expect("siglip_feat_dim", nullptr);
  return config;
}

}  // namespace diptych::models
