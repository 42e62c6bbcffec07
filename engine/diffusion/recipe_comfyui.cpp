// Recipes out of ComfyUI's graph: from the node that saves the picture back to the sampler, and from there to what is
// linked to it. Nodes on the way that we do not know are listed by their class.
#include <algorithm>

#include "engine/diffusion/comfy_graph.h"
#include "engine/diffusion/prompt_emphasis.h"
#include "engine/diffusion/recipe_names.h"
#include "engine/diffusion/recipe_reader.h"
#include "engine/diffusion/recipe_values.h"

namespace diptych::diffusion {
namespace {

constexpr int most_chain_nodes = 200;

bool is_comfy_sampler(const ComfyNode& node) {
  const std::string type = node.type();
  return type.starts_with("KSampler") ? type != "KSamplerSelect" : type.starts_with("SamplerCustom");
}

bool saves_picture(const ComfyNode& node) {
  const std::string type = node.type();
  return type.find("SaveImage") != type.npos || type.find("PreviewImage") != type.npos ||
         type.find("Image Save") != type.npos;
}

std::string bare_name(std::string path) {
  std::ranges::replace(path, '\\', '/');
  return path.substr(path.rfind('/') + 1);
}

class ComfyReader {
 public:
  RestoredRecipe read(const ComfyGraph& graph, std::string_view workflow) {
    restored_.recipe.program = "ComfyUI";
    restored_.recipe.workflow = workflow;
    const ComfyNode last = last_sampler(graph);
    if (!last) {
      restored_.unrestored.push_back({"sampler", "no node of the graph is a known one"});
      return std::move(restored_);
    }
    // With a second pass, what it works on was made by a first one.
    const ComfyNode first = find_upstream(last.linked("latent_image"), is_comfy_sampler);
    if (first) take_second_pass(last);
    take_sampler(first ? first : last);
    take_decoder(graph);
    note_weights();
    return std::move(restored_);
  }

 private:
  using Number = std::optional<double>;

  static ComfyNode last_sampler(const ComfyGraph& graph) {
    const std::vector<ComfyNode> nodes = graph.nodes();
    for (const ComfyNode& node : nodes)
      if (saves_picture(node))
        if (const ComfyNode sampler = find_upstream(node, is_comfy_sampler)) return sampler;
    const auto any = std::ranges::find_if(nodes, is_comfy_sampler);
    return any == nodes.end() ? ComfyNode() : *any;
  }

  void note(const ComfyNode& node) {
    const Unrestored entry{node.type(), "node " + node.id()};
    if (std::ranges::find(restored_.unrestored, entry) == restored_.unrestored.end())
      restored_.unrestored.push_back(entry);
  }

  void number(const ComfyNode& node, const char* input, Number& to) {
    if (const auto value = node.value(input)) take_number(restored_, input, *value, to);
  }
  void count(const ComfyNode& node, const char* input, std::optional<int>& to) {
    if (const auto value = node.value(input)) take_count(restored_, input, *value, to);
  }
  void seed(const ComfyNode& node, const char* input) {
    if (const auto value = node.value(input)) take_seed(restored_, input, *value, restored_.recipe.seed);
  }

  void take_second_pass(const ComfyNode& sampler) {
    RecipeHires& hires = restored_.recipe.hires.emplace();
    const ComfyNode settings = schedule_node(sampler);
    Number strength;
    count(settings, "steps", hires.steps);
    number(settings, "denoise", strength);
    hires.strength = strength.value_or(1);
    const ComfyNode upscale = find_upstream(sampler.linked("latent_image"), [](const ComfyNode& node) {
      return node.type().find("Upscale") != std::string::npos || node.type() == "ImageScale" ||
             node.type() == "ImageScaleBy";
    });
    if (!upscale) {
      note(sampler);
      return;
    }
    hires.upscaler = upscale.value("upscale_method").value_or(upscale.type());
    number(upscale, "scale_by", hires.scale);
    count(upscale, "width", hires.width);
    count(upscale, "height", hires.height);
  }

  // Where steps, schedule and strength stand: in the sampler, or in a node of their own.
  static ComfyNode schedule_node(const ComfyNode& sampler) {
    const ComfyNode sigmas = sampler.linked("sigmas");
    return sigmas ? find_upstream(sigmas, [](const ComfyNode& node) { return node.value("steps").has_value(); })
                  : sampler;
  }

  void take_sampler(const ComfyNode& sampler) {
    Recipe& recipe = restored_.recipe;
    recipe.rng = "torch-cpu";  // ComfyUI draws all noise on the CPU
    seed(sampler, "seed");
    seed(sampler, "noise_seed");
    seed(sampler.linked("noise"), "noise_seed");
    const ComfyNode settings = schedule_node(sampler);
    count(settings, "steps", recipe.steps);
    take_names(sampler, settings);
    const ComfyNode guider = sampler.linked("guider");
    const ComfyNode guide = guider ? guider : sampler;
    number(guide, "cfg", recipe.guidance);
    take_condition(guide.linked(guide.type() == "BasicGuider" ? "conditioning" : "positive"), recipe.prompt);
    take_condition(guide.linked("negative"), recipe.negative_prompt);
    take_model(guide.linked("model"));
    Number strength;
    number(settings, "denoise", strength);
    take_latent(sampler.linked("latent_image"), strength.value_or(1));
    for (const char* input : {"start_at_step", "end_at_step"}) {
      const auto value = sampler.value(input);
      if (value && *value != "0" && *value != "10000") restored_.unrestored.push_back({input, *value});
    }
  }

  void take_names(const ComfyNode& sampler, const ComfyNode& settings) {
    Recipe& recipe = restored_.recipe;
    const ComfyNode select = sampler.linked("sampler");
    if (const auto name = (select ? select : sampler).value("sampler_name")) {
      recipe.sampler = sampling_of(ImageProgram::comfyui, *name).sampler;
      if (recipe.sampler.empty()) restored_.unrestored.push_back({"sampler_name", *name});
    } else if (select) {
      note(select);
    }
    if (const auto name = settings.value("scheduler")) {
      recipe.schedule = schedule_of(ImageProgram::comfyui, *name);
      if (recipe.schedule.empty()) restored_.unrestored.push_back({"scheduler", *name});
    } else if (sampler.linked("sigmas")) {
      note(sampler.linked("sigmas"));
    }
  }

  // From the sampler's condition to the text; nodes between change it.
  void take_condition(ComfyNode node, std::string& prompt) {
    for (int i = 0; node && i < most_chain_nodes; ++i) {
      const std::string type = node.type();
      if (type.starts_with("CLIPTextEncode") || node.value("text")) {
        if (!take_text(node, prompt)) note(node);
        return take_clip(node.linked("clip"));
      }
      if (type == "FluxGuidance")
        number(node, "guidance", restored_.recipe.distilled_guidance);
      else if (type == "ConditioningZeroOut")
        return;
      else if (type != "Reroute")
        note(node);
      ComfyNode next;
      for (const char* input : {"conditioning", "positive", "conditioning_1", "conditioning_to", ""})
        if (!next) next = node.linked(input);
      node = next;
    }
  }

  // Encoders of two texts nearly always have the same one twice.
  bool take_text(const ComfyNode& node, std::string& prompt) {
    for (const char* input : {"text", "text_g", "t5xxl", "clip_l", "text_l", "prompt"}) {
      const auto text = node.value(input);
      if (!text) continue;
      prompt = *text;
      for (const char* other : {"text_l", "clip_l", "clip_g"}) {
        const auto second = node.value(other);
        if (second && !second->empty() && *second != prompt) restored_.unrestored.push_back({other, *second});
      }
      number(node, "guidance", restored_.recipe.distilled_guidance);
      return true;
    }
    return false;
  }

  void take_clip(ComfyNode node) {
    for (int i = 0; node && i < most_chain_nodes; ++i) {
      if (node.type() == "CLIPSetLastLayer") {
        const auto layer = node.value("stop_at_clip_layer");
        if (layer && layer->starts_with('-'))
          take_count(restored_, "stop_at_clip_layer", layer->substr(1), restored_.recipe.clip_skip);
      }
      if (restored_.recipe.text_encoders.empty()) take_text_encoders(node);
      node = node.linked("clip");
    }
  }

  void take_text_encoders(const ComfyNode& node) {
    for (const char* input : {"clip_name", "clip_name1", "clip_name2", "clip_name3"})
      if (const auto name = node.value(input)) restored_.recipe.text_encoders.push_back({bare_name(*name), ""});
  }

  void take_model(ComfyNode node) {
    Recipe& recipe = restored_.recipe;
    for (int i = 0; node && i < most_chain_nodes; ++i) {
      const std::string type = node.type();
      bool known = type == "Reroute";
      for (const char* input : {"ckpt_name", "unet_name"}) {
        const auto name = node.value(input);
        if (!name) continue;
        recipe.model.name = bare_name(*name);
        return;
      }
      if (const auto name = node.value("lora_name")) {
        take_lora(node, *name);
        known = true;
      }
      if (type.starts_with("ModelSampling") && (node.value("shift") || node.value("max_shift"))) {
        number(node, "shift", recipe.flow_shift);
        known = node.value("shift").has_value();
      }
      if (!known) note(node);
      const ComfyNode next = node.linked("model");
      node = next ? next : node.linked("");
    }
  }

  void take_lora(const ComfyNode& node, const std::string& name) {
    Number denoiser, text_encoder;
    number(node, "strength_model", denoiser);
    number(node, "strength_clip", text_encoder);
    std::string bare = bare_name(name);
    if (bare.ends_with(".safetensors")) bare.resize(bare.size() - 12);
    auto& adapters = restored_.recipe.adapters;  // the walk meets the last one first
    adapters.insert(adapters.begin(), {{bare, ""}, text_encoder.value_or(0), denoiser.value_or(1), false});
  }

  void take_latent(ComfyNode node, double strength) {
    Recipe& recipe = restored_.recipe;
    for (int i = 0; node && i < most_chain_nodes; ++i) {
      const std::string type = node.type();
      if (type.starts_with("Empty")) {
        count(node, "width", recipe.width);
        count(node, "height", recipe.height);
        return;
      }
      if (type.starts_with("VAEEncode")) return take_init(node, strength);
      if (type != "RepeatLatentBatch" && type != "Reroute") note(node);
      const ComfyNode next = node.linked("samples");
      node = next ? next : node.linked("");
    }
  }

  void take_init(const ComfyNode& node, double strength) {
    RecipeInit& init = restored_.recipe.init.emplace();
    init.strength = strength;
    const ComfyNode picture = find_upstream(
        node.linked("pixels"), [](const ComfyNode& candidate) { return candidate.type().starts_with("LoadImage"); });
    if (const auto name = picture.value("image")) init.image.name = *name;
    if (node.linked("mask")) restored_.unrestored.push_back({"mask", "node " + node.linked("mask").id()});
  }

  void take_decoder(const ComfyGraph& graph) {
    for (const ComfyNode& node : graph.nodes()) {
      if (!node.type().starts_with("VAEDecode")) continue;
      if (const auto name = node.linked("vae").value("vae_name")) restored_.recipe.vae.name = bare_name(*name);
    }
  }

  // ComfyUI reads the same brackets, and weighs against the empty prompt instead of keeping the mean.
  void note_weights() {
    for (const std::string* text : {&restored_.recipe.prompt, &restored_.recipe.negative_prompt}) {
      for (const PromptPiece& piece : parse_emphasis(*text)) {
        if (piece.weight == 1) continue;
        restored_.unrestored.push_back({"prompt weights", "ComfyUI applies them in another way"});
        return;
      }
    }
  }

  RestoredRecipe restored_;
};

}  // namespace

std::optional<RestoredRecipe> restore_comfyui(std::string_view graph, std::string_view workflow) {
  const auto parsed = ComfyGraph::parse(graph);
  if (!parsed) return std::nullopt;
  return ComfyReader().read(*parsed, workflow.empty() ? graph : workflow);
}

}  // namespace diptych::diffusion
