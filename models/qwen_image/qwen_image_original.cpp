#include "models/qwen_image/qwen_image_original.h"

#include <array>
#include <nlohmann/json.hpp>

#include "models/common/original_source.h"

namespace diptych::models {
namespace {

constexpr int64_t qwen_image_published_head = 128, qwen_image_side = 2;

// Weights of variants: of quantizers' own kernels, of editing models that mark times otherwise.
constexpr std::array qwen_image_variant_weights{"transformer_blocks.0.attn.to_qkv.qweight",
                                                "time_text_embed.addition_t_embedding.weight",
                                                "__index_timestep_zero__"};

}  // namespace

bool holds_qwen_image(const WeightFile& file, const std::string& prefix) {
  return file.contains(prefix + "txt_norm.weight") && file.contains(prefix + "transformer_blocks.0.img_mod.1.weight");
}

ModelSource qwen_image_original(const std::shared_ptr<const WeightFile>& file, const std::string& prefix) {
  const auto extent = [&](const std::string& name, int axis) { return stored_extent(*file, prefix + name, axis); };
  for (const char* name : qwen_image_variant_weights) {
    if (file->contains(prefix + name)) {
      refuse_original(*file, std::string("it is a variant of Qwen-Image that is not computed here (") + name + ")");
    }
  }
  const int64_t width = extent("img_in.weight", 0), head = extent("transformer_blocks.0.attn.norm_q.weight", 0);
  if (head != qwen_image_published_head || width % head != 0) {
    refuse_original(*file, "its heads are " + std::to_string(head) + " wide, and how they turn is not in the file");
  }
  RenamedLayers names(prefix);
  for (const char* same :
       {"img_in.", "txt_in.", "txt_norm.", "time_text_embed.", "transformer_blocks.", "norm_out.", "proj_out."}) {
    names.tree(*file, same, same);
  }
  return original_source(std::make_shared<RenamedWeights>(file, names.names()),
                         {{"_class_name", "QwenImageTransformer2DModel"},
                          {"num_layers", count_layers(*file, prefix + "transformer_blocks.", ".img_mod.1.weight")},
                          {"num_attention_heads", width / head},
                          {"attention_head_dim", head},
                          {"in_channels", extent("img_in.weight", 1)},
                          {"out_channels", extent("proj_out.weight", 0) / (qwen_image_side * qwen_image_side)},
                          {"patch_size", qwen_image_side},
                          {"joint_attention_dim", extent("txt_in.weight", 1)},
                          {"axes_dims_rope", {16, 56, 56}}});
}

}  // namespace diptych::models
