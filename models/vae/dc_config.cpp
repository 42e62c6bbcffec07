#include "models/vae/dc_config.h"

#include <nlohmann/json.hpp>
#include <string>

#include "models/common/config_reader.h"
#include "models/common/hf_activation.h"

namespace diptych::models {
namespace {

constexpr size_t most_levels = 12;

// A list with an entry for each level, where one text may stand for all.
std::vector<std::string> texts_of_levels(const HfConfig& c, const nlohmann::json& config, const std::string& key,
                                         const char* fallback, size_t levels) {
  const auto found = config.find(key);
  if (found == config.end() || found->is_string()) {
    return std::vector<std::string>(levels, found == config.end() ? fallback : found->get<std::string>());
  }
  std::vector<std::string> texts = c.texts(key.c_str());
  if (texts.size() != levels) c.fail(key, "does not have an entry for each level");
  return texts;
}

std::vector<std::vector<int64_t>> scales_of_levels(const HfConfig& c, const nlohmann::json& config,
                                                   const std::string& key, size_t levels) {
  std::vector<std::vector<int64_t>> scales(levels);
  const auto found = config.find(key);
  if (found == config.end()) {
    for (size_t i = 3; i < levels; ++i) scales[i] = {5};
    return scales;
  }
  if (!found->is_array() || found->size() != levels) c.fail(key, "does not have an entry for each level");
  for (size_t i = 0; i < levels; ++i) {
    if (!(*found)[i].is_array()) c.fail(key, "holds something that is no list");
    for (const nlohmann::json& side : (*found)[i]) {
      const int64_t one = side.is_number_integer() ? side.get<int64_t>() : 0;
      if (one < 1 || one > 63 || one % 2 == 0) c.fail(key, "holds a kernel whose side is not odd");
      scales[i].push_back(one);
    }
  }
  return scales;
}

std::vector<DcLevel> levels_of(const HfConfig& c, const nlohmann::json& config, const std::string& half,
                               int64_t head_dim) {
  const auto key = [&](const char* name) { return half + "_" + name; };
  std::vector<int64_t> channels = c.extents(key("block_out_channels").c_str());
  if (channels.empty()) channels = {128, 256, 512, 512, 1024, 1024};
  std::vector<int64_t> layers = c.counts(key("layers_per_block").c_str());
  if (layers.empty()) layers = half == "encoder" ? std::vector<int64_t>{2, 2, 2, 3, 3, 3} : std::vector<int64_t>(6, 3);
  const size_t count = channels.size();
  if (count < 2 || count > most_levels) c.fail(key("block_out_channels"), "has more or fewer levels than images have");
  if (layers.size() != count) c.fail(key("layers_per_block"), "does not have an entry for each level");
  const auto types = texts_of_levels(c, config, key("block_types"), "ResBlock", count);
  const auto scales = scales_of_levels(c, config, key("qkv_multiscales"), count);
  std::vector<DcLevel> result;
  for (size_t i = 0; i < count; ++i) {
    if (i > 0 && layers[i] == 0) c.fail(key("layers_per_block"), "leaves a level other than the first one empty");
    if (types[i] != "ResBlock" && types[i] != "EfficientViTBlock") {
      c.refuse(key("block_types"), "names " + types[i] + ", which is not computed here",
               "choose a model of ResBlock and EfficientViTBlock");
    }
    DcLevel& level = result.emplace_back();
    level.channels = channels[i];
    level.layers = layers[i];
    level.attends = types[i] == "EfficientViTBlock";
    if (!level.attends) continue;
    level.scales = scales[i];
    if (channels[i] < head_dim) c.fail(key("block_out_channels"), "has less than a head of attention");
  }
  return result;
}

Activation activation_named(const HfConfig& c, const std::string& key, const std::string& name) {
  if (name == "silu") return Activation::silu;
  if (name == "relu") return Activation::relu;
  c.refuse(key, "is " + name + ", which is not computed here", "choose a model where it is silu or relu");
}

// What changes the sides by two cuts channels into groups, or repeats them.
void check_widths(const HfConfig& c, const DcConfig& config) {
  for (const auto* half : {&config.encoder, &config.decoder}) {
    const std::string key = (half == &config.encoder ? "encoder" : "decoder") + std::string("_block_out_channels");
    for (size_t i = half->front().layers == 0 ? 1 : 0; i + 1 < half->size(); ++i) {
      const int64_t large = (*half)[i].channels, small = (*half)[i + 1].channels;
      const bool unshuffles = half == &config.encoder && config.shuffles_down;
      if ((unshuffles && small % 4 != 0) || 4 * large % small != 0) {
        c.fail(key, "does not change by whole groups between levels");
      }
    }
    if (half->back().channels % config.latent_channels != 0) c.fail(key, "does not end in groups of latent_channels");
  }
  const bool empty_first = config.encoder.front().layers == 0;
  if (empty_first && config.shuffles_down && config.encoder[1].channels % 4 != 0) {
    c.fail("encoder_block_out_channels", "does not begin with whole groups");
  }
}

}  // namespace

DcConfig dc_config(const ModelSource& source) {
  const HfConfig c(source);
  const nlohmann::json& json = *source.hf->config;
  DcConfig config;
  config.image_channels = c.extent("in_channels", 3);
  config.latent_channels = c.extent("latent_channels", 32);
  config.head_dim = c.extent("attention_head_dim", 32);
  config.encoder = levels_of(c, json, "encoder", config.head_dim);
  config.decoder = levels_of(c, json, "decoder", config.head_dim);
  if (config.encoder.size() != config.decoder.size()) {
    c.fail("decoder_block_out_channels", "does not have the encoder's levels");
  }
  const auto norms = texts_of_levels(c, json, "decoder_norm_types", "rms_norm", config.decoder.size());
  const auto activations = texts_of_levels(c, json, "decoder_act_fns", "silu", config.decoder.size());
  for (size_t i = 0; i < config.decoder.size(); ++i) {
    if (norms[i] != "rms_norm") {
      c.refuse("decoder_norm_types", "names " + norms[i] + ", which is not computed here",
               "choose a model with rms_norm, such as Sana's");
    }
    config.decoder[i].activation = activation_named(c, "decoder_act_fns", activations[i]);
  }
  config.shuffles_down = c.text("downsample_block_type").value_or("pixel_unshuffle") == "pixel_unshuffle";
  config.shuffles_up = c.text("upsample_block_type").value_or("pixel_shuffle") != "interpolate";
  config.encoder_shortcut = c.flag("encoder_out_shortcut", true);
  config.decoder_shortcut = c.flag("decoder_in_shortcut", true);
  config.last_activation = activation_named(c, "decoder_conv_act_fn", c.text("decoder_conv_act_fn").value_or("relu"));
  config.scaling_factor = static_cast<float>(c.number("scaling_factor").value_or(1));
  if (!(config.scaling_factor > 0)) c.fail("scaling_factor", "is not above 0");
  check_widths(c, config);
  return config;
}

}  // namespace diptych::models
