// Recipes out of ComfyUI's graph: from the node that saves the picture back to the sampler, and from there to what is
// linked to it. Nodes on the way that we do not know are listed by their class.
#include <algorithm>

#include "engine/diffusion/prompt/prompt_emphasis.h"
#include "engine/diffusion/recipe/comfy_graph.h"
#include "engine/diffusion/recipe/comfy_parts.h"
#include "engine/diffusion/recipe/recipe_names.h"
#include "engine/diffusion/recipe/recipe_reader.h"

namespace diptych::diffusion {
namespace {

bool is_comfy_sampler(const ComfyNode& node) {
  const std::string type = node.type();
  return type.starts_with("KSampler") ? type != "KSamplerSelect" : type.starts_with("SamplerCustom");
}

bool saves_picture(const ComfyNode& node) {
  const std::string type = node.type();
  return type.find("SaveImage") != type.npos || type.find("Image Save") != type.npos;
}

bool shows_picture(const ComfyNode& node) {
  return node.type().find("PreviewImage") != std::string::npos;
}

// The rest of what lies between a sampler and the picture changes it.
bool only_decodes(const ComfyNode& node) {
  return node.type().starts_with("VAEDecode") || node.type() == "Reroute";
}

class ComfyReader {
 public:
  RestoredRecipe read(const ComfyGraph& graph, std::string_view workflow) {
    restored_.recipe.program = "ComfyUI";
    restored_.recipe.workflow = workflow;
    const ComfyNode last = last_sampler(graph);
    if (!last) {
      taker_.list("sampler", "no node of the graph is a known one");
      return std::move(restored_);
    }
    // With a second pass, what it works on was made by a first one.
    const ComfyNode first = find_upstream(last.linked("latent_image"), is_comfy_sampler);
    const bool goes_on = first && take_continuation(first, last);
    if (first && !goes_on) take_second_pass(last);
    take_sampler(first ? first : last, goes_on);
    take_decoder(graph);
    note_weights();
    return std::move(restored_);
  }

 private:
  ComfyNode last_sampler(const ComfyGraph& graph) {
    const std::vector<ComfyNode> nodes = graph.nodes();
    for (const auto ends : {saves_picture, shows_picture}) {
      std::set<std::string> seen;  // by the ends before, which found none
      for (const ComfyNode& node : nodes) {
        if (!ends(node)) continue;
        const std::vector<ComfyNode> path = find_path(node, is_comfy_sampler, seen);
        if (path.empty()) continue;
        for (size_t i = 1; i + 1 < path.size(); ++i)
          if (!only_decodes(path[i])) taker_.list(path[i]);
        return path.back();
      }
    }
    const auto any = std::ranges::find_if(nodes, is_comfy_sampler);
    return any == nodes.end() ? ComfyNode() : *any;
  }

  // One run in two samplers: the second goes on at the step where the first stops, with a refiner or the same model.
  bool take_continuation(const ComfyNode& first, const ComfyNode& last) {
    const ComfyNode before = last.linked("latent_image");
    if (!before || before.id() != first.id() || first.value("steps") != last.value("steps") ||
        first.value("end_at_step") != last.value("start_at_step")) {
      return false;
    }
    std::optional<int> steps, at;
    taker_.count(last, "steps", steps);
    taker_.count(last, "start_at_step", at);
    if (!steps || !at || *at < 1 || *at >= *steps) return false;
    const RestoredRecipe base = model_of(first), refiner = model_of(last);
    if (refiner.recipe.model != base.recipe.model) {
      if (refiner.recipe.model.name.empty()) return false;
      for (const RecipeAdapter& adapter : refiner.recipe.adapters) taker_.list("refiner's adapter", adapter.file.name);
      const double share = static_cast<double>(*at) / *steps;  // of the timesteps, where those are even
      restored_.recipe.refiner = RecipeRefiner{refiner.recipe.model, share};
    }
    const auto end = last.value("end_at_step");
    if (end && *end != "10000" && *end != std::to_string(*steps)) taker_.list("end_at_step", *end);
    return true;
  }

  static RestoredRecipe model_of(const ComfyNode& sampler) {
    RestoredRecipe restored;
    ComfyTaker taker(restored);
    take_comfy_model(taker, sampler.linked("model"));
    return restored;
  }

  void take_second_pass(const ComfyNode& sampler) {
    const ComfyNode upscale = find_upstream(sampler.linked("latent_image"), [](const ComfyNode& node) {
      return node.type().find("Upscale") != std::string::npos || node.type().starts_with("ImageScale");
    });
    if (!upscale) return taker_.list(sampler);
    RecipeHires& hires = restored_.recipe.hires.emplace();
    const ComfyNode settings = schedule_node(sampler);
    std::optional<double> strength;
    taker_.count(settings, "steps", hires.steps);
    taker_.number(settings, "denoise", strength);
    hires.strength = strength.value_or(1);
    hires.upscaler = upscaler_of(upscale);
    taker_.number(upscale, "scale_by", hires.scale);
    taker_.count(upscale, "width", hires.width);
    taker_.count(upscale, "height", hires.height);
  }

  // As A1111 calls them: "Latent (bislerp)" of latents, else the filter's name or the network's file.
  static std::string upscaler_of(const ComfyNode& node) {
    if (const auto network = node.linked("upscale_model").value("model_name")) return bare_file_name(*network);
    const std::string method = node.value("upscale_method").value_or(node.type());
    return node.type().starts_with("Latent") ? "Latent (" + method + ")" : method;
  }

  // Where steps, schedule and strength stand: in the sampler, or in a node of their own.
  static ComfyNode schedule_node(const ComfyNode& sampler) {
    const ComfyNode sigmas = sampler.linked("sigmas");
    return sigmas ? find_upstream(sigmas, [](const ComfyNode& node) { return node.value("steps").has_value(); })
                  : sampler;
  }

  void take_sampler(const ComfyNode& sampler, bool stops_early) {
    Recipe& recipe = restored_.recipe;
    recipe.rng = "torch-cpu";  // ComfyUI draws all noise on the CPU
    taker_.seed(sampler, "seed");
    taker_.seed(sampler, "noise_seed");
    taker_.seed(sampler.linked("noise"), "noise_seed");
    const ComfyNode settings = schedule_node(sampler);
    taker_.count(settings, "steps", recipe.steps);
    take_names(sampler, settings);
    const ComfyNode guider = sampler.linked("guider");
    const ComfyNode guide = guider ? guider : sampler;
    taker_.number(guide, "cfg", recipe.guidance);
    take_comfy_condition(taker_, guide.linked(guide.type() == "BasicGuider" ? "conditioning" : "positive"),
                         recipe.prompt);
    take_comfy_condition(taker_, guide.linked("negative"), recipe.negative_prompt);
    take_comfy_model(taker_, guide.linked("model"));
    std::optional<double> strength;
    taker_.number(settings, "denoise", strength);
    take_comfy_latent(taker_, sampler.linked("latent_image"), strength.value_or(1));
    for (const char* input : {"start_at_step", "end_at_step"}) {
      const auto value = sampler.value(input);
      const bool meant = stops_early && input == std::string_view("end_at_step");
      if (value && *value != "0" && *value != "10000" && !meant) taker_.list(input, *value);
    }
  }

  void take_names(const ComfyNode& sampler, const ComfyNode& settings) {
    Recipe& recipe = restored_.recipe;
    const ComfyNode select = sampler.linked("sampler");
    if (const auto name = (select ? select : sampler).value("sampler_name")) {
      recipe.sampler = sampling_of(ImageProgram::comfyui, *name).sampler;
      if (recipe.sampler.empty()) taker_.list("sampler_name", *name);
    } else if (select) {
      taker_.list(select);
    }
    if (const auto name = settings.value("scheduler")) {
      recipe.schedule = schedule_of(ImageProgram::comfyui, *name);
      if (recipe.schedule.empty()) taker_.list("scheduler", *name);
    } else if (sampler.linked("sigmas")) {
      taker_.list(sampler.linked("sigmas"));
    }
  }

  void take_decoder(const ComfyGraph& graph) {
    for (const ComfyNode& node : graph.nodes()) {
      if (!node.type().starts_with("VAEDecode")) continue;
      if (const auto name = node.linked("vae").value("vae_name")) restored_.recipe.vae.name = bare_file_name(*name);
    }
  }

  // ComfyUI reads the same brackets, and weighs against the empty prompt instead of keeping the mean.
  void note_weights() {
    for (const std::string* text : {&restored_.recipe.prompt, &restored_.recipe.negative_prompt}) {
      for (const PromptPiece& piece : parse_emphasis(*text)) {
        if (piece.weight == 1) continue;
        taker_.list("prompt weights", "ComfyUI applies them in another way");
        return;
      }
    }
  }

  RestoredRecipe restored_;
  ComfyTaker taker_{restored_};
};

}  // namespace

std::optional<RestoredRecipe> restore_comfyui(std::string_view graph, std::string_view workflow) {
  const auto parsed = ComfyGraph::parse(graph);
  if (!parsed) return std::nullopt;
  return ComfyReader().read(*parsed, workflow.empty() ? graph : workflow);
}

}  // namespace diptych::diffusion
