#include "models/z_image/z_image_original.h"

#include <algorithm>
#include <nlohmann/json.hpp>
#include <vector>

#include "models/common/original_source.h"

namespace diptych::models {
namespace {

constexpr int64_t z_image_published_head = 128, z_image_side = 2;

void name_z_image_block(const WeightFile& file, RenamedLayers& names, const std::string& prefix,
                        const std::string& block) {
  names.tree(file, block, block);  // feed forward, norms and modulation have the same names
  const std::string attention = block + "attention.";
  if (!file.contains(prefix + attention + "qkv.weight")) return;
  names.split({attention + "to_q", attention + "to_k", attention + "to_v"}, attention + "qkv");
  names.layer(attention + "to_out.0", attention + "out");
  names.weight(attention + "norm_q.weight", attention + "q_norm.weight");
  names.weight(attention + "norm_k.weight", attention + "k_norm.weight");
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
  const int64_t layers = count("layers."), refiners = count("noise_refiner.");
  RenamedLayers names(prefix);
  for (const char* list : {"layers.", "noise_refiner.", "context_refiner."}) {
    for (int64_t i = 0; i < std::max(layers, refiners); ++i) {
      name_z_image_block(*file, names, prefix, list + std::to_string(i) + ".");
    }
  }
  for (const char* same : {"t_embedder.", "cap_embedder.", "x_pad_token", "cap_pad_token"})
    names.tree(*file, same, same);
  names.tree(*file, "all_x_embedder.2-1.", "x_embedder.");
  names.tree(*file, "all_final_layer.2-1.", "final_layer.");
  const int64_t channels = extent("x_embedder.weight", 1) / (z_image_side * z_image_side);
  return original_source(std::make_shared<RenamedWeights>(file, names.names()),
                         {{"_class_name", "ZImageTransformer2DModel"},
                          {"n_layers", layers},
                          {"n_refiner_layers", refiners},
                          {"n_heads", width / head},
                          {"dim", width},
                          {"in_channels", channels},
                          {"cap_feat_dim", extent("cap_embedder.1.weight", 1)},
                          {"axes_dims", {32, 48, 48}},
                          {"all_patch_size", {z_image_side}},
                          {"all_f_patch_size", {1}}});
}

}  // namespace diptych::models
