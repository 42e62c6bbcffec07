#include "engine/model/adapter_keys.h"

#include <array>
#include <utility>

namespace diptych {
namespace {

using Pair = std::pair<std::string_view, std::string_view>;

// Longer endings in front of those that they end with.
constexpr std::array part_endings{
    Pair{".lora_A.default.weight", "lora_down"},
    Pair{".lora_B.default.weight", "lora_up"},
    Pair{".lora_B.default.bias", "up_bias"},
    Pair{".lora_A.weight", "lora_down"},
    Pair{".lora_B.weight", "lora_up"},
    Pair{".lora_B.bias", "up_bias"},
    Pair{".lora_magnitude_vector.default.weight", "magnitude"},
    Pair{".lora_magnitude_vector.weight", "magnitude"},
    Pair{".lora_magnitude_vector", "magnitude"},
    Pair{".lora_linear_layer.down.weight", "lora_down"},
    Pair{".lora_linear_layer.up.weight", "lora_up"},
    Pair{".lora.down.weight", "lora_down"},
    Pair{".lora.up.weight", "lora_up"},
    Pair{"_lora.down.weight", "lora_down"},
    Pair{"_lora.up.weight", "lora_up"},
    Pair{".lora_down.weight", "lora_down"},
    Pair{".lora_up.weight", "lora_up"},
    Pair{".lora_mid.weight", "lora_mid"},
    Pair{".down.weight", "lora_down"},
    Pair{".up.weight", "lora_up"},
    Pair{".weight.lora_a", "lora_down"},
    Pair{".weight.lora_b", "lora_up"},
    Pair{".alpha", "alpha"},
    Pair{".scalar", "scalar"},
    Pair{".dora_scale", "dora_scale"},
    Pair{".diff", "diff"},
    Pair{".diff_b", "diff_b"},
    Pair{".w_norm", "diff"},
    Pair{".b_norm", "diff_b"},
};

// Those that are parts under their own names.
constexpr std::array own_names{
    "hada_w1_a", "hada_w1_b", "hada_w2_a", "hada_w2_b", "hada_t1",   "hada_t2", "lokr_w1",
    "lokr_w1_a", "lokr_w1_b", "lokr_w2",   "lokr_w2_a", "lokr_w2_b", "lokr_t2",
};

constexpr std::array underscored_prefixes{
    Pair{"lora_unet_", "denoiser"},    Pair{"lora_transformer_", "denoiser"}, Pair{"lycoris_", "denoiser"},
    Pair{"lora_te1_", "text_encoder"}, Pair{"lora_te2_", "text_encoder_2"},   Pair{"lora_te3_", "text_encoder_3"},
    Pair{"lora_te_", "text_encoder"},
};

constexpr std::array dotted_prefixes{
    Pair{"unet.", "denoiser"},
    Pair{"transformer.", "denoiser"},
    Pair{"model.diffusion_model.", "denoiser"},
    Pair{"diffusion_model.", "denoiser"},
    Pair{"text_encoder.", "text_encoder"},
    Pair{"text_encoder_2.", "text_encoder_2"},
    Pair{"text_encoder_3.", "text_encoder_3"},
    Pair{"text_encoders.clip_l.transformer.", "text_encoder"},
    Pair{"text_encoders.clip_g.transformer.", "text_encoder_2"},
    Pair{"text_encoders.t5xxl.transformer.", "text_encoder_3"},
};

// Older releases of diffusers kept the adapters of an attention in its "processor", under names of their own, and so do
// XLabs' files (double_blocks.0.processor.qkv_lora1.down.weight, …), whose names FLUX knows.
std::string without_processor(std::string layer, bool text) {
  constexpr std::string_view processor = ".processor.";
  if (const size_t at = layer.find(processor); at != layer.npos) layer.replace(at, processor.size(), ".");
  constexpr std::array text_names{Pair{".to_q", ".q_proj"}, Pair{".to_k", ".k_proj"}, Pair{".to_v", ".v_proj"},
                                  Pair{".to_out", ".out_proj"}};
  if (text) {
    for (const auto& [old, name] : text_names) {
      if (layer.ends_with(old)) return layer.substr(0, layer.size() - old.size()) + std::string(name);
    }
  } else if (layer.ends_with(".to_out")) {
    layer += ".0";
  }
  return layer;
}

}  // namespace

std::optional<AdapterKey> split_adapter_key(std::string_view key) {
  for (const auto& [ending, part] : part_endings) {
    if (key.size() > ending.size() && key.ends_with(ending)) {
      return AdapterKey{std::string(key.substr(0, key.size() - ending.size())), std::string(part)};
    }
  }
  const size_t dot = key.rfind('.');
  if (dot == key.npos || dot == 0) return std::nullopt;
  for (const std::string_view name : own_names) {
    if (key.substr(dot + 1) == name) return AdapterKey{std::string(key.substr(0, dot)), std::string(name)};
  }
  return std::nullopt;
}

AdapterPlace place_of_adapter_layer(std::string_view stem) {
  for (const auto& [prefix, component] : underscored_prefixes) {
    if (stem.starts_with(prefix)) {
      return {std::string(component), std::string(stem.substr(prefix.size())), true};
    }
  }
  constexpr std::string_view peft = "base_model.model.";
  if (stem.starts_with(peft)) stem.remove_prefix(peft.size());
  for (const auto& [prefix, component] : dotted_prefixes) {
    if (stem.starts_with(prefix)) {
      const bool text = component.starts_with("text");
      return {std::string(component), without_processor(std::string(stem.substr(prefix.size())), text), false};
    }
  }
  return {"", without_processor(std::string(stem), false), false};
}

}  // namespace diptych
