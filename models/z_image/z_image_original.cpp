#include "models/z_image/z_image_original.h"

#include <nlohmann/json.hpp>

#include "models/common/original_source.h"

namespace diptych::models {
namespace {

constexpr int64_t z_image_published_head = 128, z_image_side = 2;

void name_z_image_attentions(RenamedLayers& names, const std::string& list, int64_t blocks) {
  for (int64_t i = 0; i < blocks; ++i) {
    const std::string attention = list + std::to_string(i) + ".attention.";
    names.split({attention + "to_q", attention + "to_k", attention + "to_v"}, attention + "qkv");
    names.layer(attention + "to_out.0", attention + "out");
    names.weight(attention + "norm_q.weight", attention + "q_norm.weight");
    names.weight(attention + "norm_k.weight", attention + "k_norm.weight");
  }
}

}  // namespace

bool holds_z_image_original(const WeightFile& file, const std::string& prefix) {
  return file.contains(prefix + "cap_embedder.1.weight") &&
         file.contains(prefix + "noise_refiner.0.attention.qkv.weight");
}

ModelSource z_image_original(const std::shared_ptr<const WeightFile>& file, const std::string& prefix) {
  const auto extent = [&](const std::string& name, int axis) { return stored_extent(*file, prefix + name, axis); };
  const auto count = [&](const char* list) { return count_layers(*file, prefix + list, ".attention.qkv.weight"); };
  const int64_t width = extent("x_embedder.weight", 0), head = extent("layers.0.attention.q_norm.weight", 0);
  if (head != z_image_published_head || width % head != 0) {
    refuse_original(*file, "its heads are " + std::to_string(head) + " wide, and how they turn is not in the file");
  }
  ZImageConfig config;
  config.layers = count("layers.");
  config.refiners = count("noise_refiner.");
  config.patch = z_image_side;
  config.patch_frames = 1;
  std::vector<RenamedWeight> names = z_image_original_names(config, prefix);
  RenamedLayers same(prefix);  // feed forward, norms and modulation among them
  for (const char* list : {"layers.", "noise_refiner.", "context_refiner."}) same.tree(*file, list, list);
  for (const char* other : {"t_embedder.", "cap_embedder.", "x_pad_token", "cap_pad_token"})
    same.tree(*file, other, other);
  names.insert(names.end(), same.names().begin(), same.names().end());
  const int64_t channels = extent("x_embedder.weight", 1) / (z_image_side * z_image_side);
  return original_source(std::make_shared<RenamedWeights>(file, names),
                         {{"_class_name", "ZImageTransformer2DModel"},
                          {"n_layers", config.layers},
                          {"n_refiner_layers", config.refiners},
                          {"n_heads", width / head},
                          {"dim", width},
                          {"in_channels", channels},
                          {"cap_feat_dim", extent("cap_embedder.1.weight", 1)},
                          {"axes_dims", {32, 48, 48}},
                          {"all_patch_size", {z_image_side}},
                          {"all_f_patch_size", {1}}});
}

std::vector<RenamedWeight> z_image_original_names(const ZImageConfig& config, const std::string& prefix) {
  RenamedLayers names(prefix);
  name_z_image_attentions(names, "layers.", config.layers);
  name_z_image_attentions(names, "noise_refiner.", config.refiners);
  name_z_image_attentions(names, "context_refiner.", config.refiners);
  names.layer("all_x_embedder." + config.patch_name(), "x_embedder");
  const std::string last = "all_final_layer." + config.patch_name() + ".";
  names.layer(last + "linear", "final_layer.linear");
  names.layer(last + "adaLN_modulation.1", "final_layer.adaLN_modulation.1");
  return names.names();
}

}  // namespace diptych::models
