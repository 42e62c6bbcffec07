// From a sampler's condition to the text, and from its encoder to the layer and files of that.
#include "engine/diffusion/recipe/comfy_parts.h"

namespace diptych::diffusion {
namespace {

// Encoders of two texts nearly always have the same one twice.
bool take_comfy_text(ComfyTaker& taker, const ComfyNode& node, std::string& prompt) {
  for (const char* input : {"text", "text_g", "t5xxl", "clip_l", "text_l", "prompt"}) {
    const auto text = node.value(input);
    if (!text) continue;
    prompt = *text;
    for (const char* other : {"text_l", "clip_l", "clip_g"}) {
      const auto second = node.value(other);
      if (second && !second->empty() && *second != prompt) taker.list(other, *second);
    }
    taker.number(node, "guidance", taker.recipe().distilled_guidance);
    return true;
  }
  return false;
}

void take_comfy_encoders(ComfyTaker& taker, ComfyNode node) {
  for (int i = 0; node && i < most_comfy_chain; ++i) {
    if (node.type() == "CLIPSetLastLayer") taker.clip_skip(node);
    std::vector<RecipeFile> files;
    for (const char* input : {"clip_name", "clip_name1", "clip_name2", "clip_name3"})
      if (const auto name = node.value(input)) files.push_back({bare_file_name(*name), ""});
    if (!files.empty()) taker.recipe().text_encoders = files;
    node = node.linked("clip");
  }
}

}  // namespace

void take_comfy_condition(ComfyTaker& taker, ComfyNode node, std::string& prompt) {
  for (int i = 0; node && i < most_comfy_chain; ++i) {
    const std::string type = node.type();
    if (type.starts_with("CLIPTextEncode") || node.value("text")) {
      if (!take_comfy_text(taker, node, prompt)) taker.list(node);
      return take_comfy_encoders(taker, node.linked("clip"));
    }
    if (type == "FluxGuidance")
      taker.number(node, "guidance", taker.recipe().distilled_guidance);
    else if (type == "ConditioningZeroOut")
      return;  // no text
    else if (type != "Reroute")
      taker.list(node);  // it changes the condition
    // Nodes that change both conditions of a sampler have two outputs, the negative one behind the other.
    ComfyNode next = node.output() == 1 ? node.linked("negative") : ComfyNode();
    for (const char* input : {"conditioning", "positive", "conditioning_1", "conditioning_to", ""})
      if (!next) next = node.linked(input);
    node = next;
  }
}

}  // namespace diptych::diffusion
