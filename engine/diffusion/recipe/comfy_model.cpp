// From a sampler's model to its file, with the adapters on the way, and from its latents to their size or picture.
#include "engine/diffusion/recipe/comfy_parts.h"

namespace diptych::diffusion {
namespace {

constexpr std::string_view weights_ending = ".safetensors";

void take_comfy_lora(ComfyTaker& taker, const ComfyNode& node, const std::string& path) {
  std::optional<double> denoiser, text_encoder;
  taker.number(node, "strength_model", denoiser);
  taker.number(node, "strength_clip", text_encoder);
  std::string name = bare_file_name(path);
  if (name.ends_with(weights_ending)) name.resize(name.size() - weights_ending.size());
  auto& adapters = taker.recipe().adapters;  // the walk meets the last one first
  adapters.insert(adapters.begin(), {{name, ""}, text_encoder.value_or(0), denoiser.value_or(1), false});
}

// False for nodes that change the model in a way that recipes do not hold.
bool take_model_node(ComfyTaker& taker, const ComfyNode& node) {
  if (const auto lora = node.value("lora_name")) {
    take_comfy_lora(taker, node, *lora);
    return true;
  }
  if (node.type().starts_with("ModelSampling") && node.value("shift")) {
    taker.number(node, "shift", taker.recipe().flow_shift);
    return true;
  }
  return node.type() == "Reroute";
}

void take_comfy_init(ComfyTaker& taker, const ComfyNode& node, double strength) {
  RecipeInit& init = taker.recipe().init.emplace();
  init.strength = strength;
  const ComfyNode picture = find_upstream(
      node.linked("pixels"), [](const ComfyNode& candidate) { return candidate.type().starts_with("LoadImage"); });
  if (const auto name = picture.value("image")) init.image.name = *name;
  if (const ComfyNode mask = node.linked("mask")) taker.list("mask", "node " + mask.id());
}

}  // namespace

void take_comfy_model(ComfyTaker& taker, ComfyNode node) {
  for (int i = 0; node && i < most_comfy_chain; ++i) {
    for (const char* input : {"ckpt_name", "unet_name"}) {
      const auto name = node.value(input);
      if (!name) continue;
      taker.recipe().model.name = bare_file_name(*name);
      return;
    }
    if (!take_model_node(taker, node)) taker.list(node);
    const ComfyNode next = node.linked("model");
    node = next ? next : node.linked("");
  }
}

void take_comfy_latent(ComfyTaker& taker, ComfyNode node, double strength) {
  for (int i = 0; node && i < most_comfy_chain; ++i) {
    const std::string type = node.type();
    if (type.starts_with("Empty")) {
      taker.count(node, "width", taker.recipe().width);
      taker.count(node, "height", taker.recipe().height);
      return;
    }
    if (type.starts_with("VAEEncode") || type == "InpaintModelConditioning") {
      return take_comfy_init(taker, node, strength);
    }
    if (type != "RepeatLatentBatch" && type != "Reroute") taker.list(node);
    const ComfyNode next = node.linked("samples");
    node = next ? next : node.linked("");
  }
}

}  // namespace diptych::diffusion
