// InvokeAI's metadata: "invokeai_metadata" since 3.0, "sd-metadata" of 2.x.
#include <nlohmann/json.hpp>
#include <set>

#include "engine/core/error.h"
#include "engine/diffusion/prompt/prompt_text.h"
#include "engine/diffusion/recipe/invokeai_prompt.h"
#include "engine/diffusion/recipe/recipe_names.h"
#include "engine/diffusion/recipe/recipe_reader.h"
#include "engine/diffusion/recipe/recipe_values.h"
#include "engine/io/formats/json_text.h"

namespace diptych::diffusion {
namespace {

using nlohmann::json;

std::string json_value_text(const json& value) {
  if (value.is_string()) return value.get<std::string>();
  if (value.is_number_float()) return write_decimal(value.get<double>());
  return value.dump(-1, ' ', false, json::error_handler_t::replace);
}

std::string text_at(const json& object, const char* key) {
  if (!object.is_object()) return {};
  const auto entry = object.find(key);
  return entry == object.end() || entry->is_null() ? std::string() : json_value_text(*entry);
}

// Version 3 has "model_name", later ones "name" and "hash".
RecipeFile model_file(const json& model) {
  if (model.is_string()) return {model.get<std::string>(), ""};
  const std::string name = text_at(model, "name");
  return {name.empty() ? text_at(model, "model_name") : name, text_at(model, "hash")};
}

class InvokeAiReader {
 public:
  explicit InvokeAiReader(const json& metadata) : metadata_(metadata) { restored_.recipe.program = "InvokeAI"; }

  RestoredRecipe read() {
    Recipe& recipe = restored_.recipe;
    recipe.prompt = take("positive_prompt");
    recipe.negative_prompt = take("negative_prompt");
    count("width", recipe.width);
    count("height", recipe.height);
    count("steps", recipe.steps);
    number("cfg_scale", recipe.guidance);
    number("cfg_rescale_multiplier", recipe.guidance_rescale);
    number("guidance", recipe.distilled_guidance);
    if (const std::string seed = take("seed"); !seed.empty()) take_seed(restored_, "seed", seed, recipe.seed);
    const std::string device = take("rand_device");
    recipe.rng = device == "cuda" ? "torch-cuda" : "torch-cpu";
    if (const std::string name = take("scheduler"); !name.empty()) take_invokeai_sampler(restored_, "scheduler", name);
    take_clip_skip();
    take_files();
    take_refiner();
    take_init();
    list_rest();
    note_invokeai_weights(restored_);
    return std::move(restored_);
  }

 private:
  // Marks the key as read.
  std::string take(const char* key) {
    known_.insert(key);
    return text_at(metadata_, key);
  }
  void number(const char* key, std::optional<double>& to) {
    if (const std::string value = take(key); !value.empty()) take_number(restored_, key, value, to);
  }
  void count(const char* key, std::optional<int>& to) {
    if (const std::string value = take(key); !value.empty()) take_count(restored_, key, value, to);
  }

  // InvokeAI counts the layers that are skipped.
  void take_clip_skip() {
    std::optional<int> skipped;
    count("clip_skip", skipped);
    if (skipped) restored_.recipe.clip_skip = *skipped + 1;
  }

  void take_files() {
    known_.insert({"model", "vae", "loras"});
    if (metadata_.contains("model")) restored_.recipe.model = model_file(metadata_["model"]);
    if (metadata_.contains("vae")) restored_.recipe.vae = model_file(metadata_["vae"]);
    const auto loras = metadata_.find("loras");
    if (loras == metadata_.end() || !loras->is_array()) return;
    for (const json& lora : *loras) {
      if (!lora.is_object()) continue;
      const auto model = lora.contains("model") ? lora.find("model") : lora.find("lora");
      std::optional<double> weight;
      take_number(restored_, "lora weight", text_at(lora, "weight"), weight);
      if (model == lora.end()) continue;
      const double scale = weight.value_or(1);
      restored_.recipe.adapters.push_back({model_file(*model), scale, scale, false});
    }
  }

  // Its steps follow from the others here.
  void take_refiner() {
    known_.insert("refiner_model");
    std::optional<double> start;
    number("refiner_start", start);
    if (!metadata_.contains("refiner_model") || metadata_["refiner_model"].is_null()) return;
    RecipeRefiner& refiner = restored_.recipe.refiner.emplace();
    refiner.model = model_file(metadata_["refiner_model"]);
    refiner.switch_at = start.value_or(refiner.switch_at);
  }

  void take_init() {
    std::optional<double> strength;
    number("strength", strength);
    const std::string image = take("init_image");
    if (image.empty() && !strength) return;
    RecipeInit& init = restored_.recipe.init.emplace();
    init.image.name = image;
    init.strength = strength.value_or(init.strength);
  }

  void list_rest() {
    known_.insert({"app_version", "generation_mode", "created_by", "positive_style_prompt", "negative_style_prompt"});
    for (const char* key : {"positive_style_prompt", "negative_style_prompt"}) {
      const std::string style = text_at(metadata_, key);
      const bool same = style == restored_.recipe.prompt || style == restored_.recipe.negative_prompt;
      if (!style.empty() && !same) restored_.unrestored.push_back({key, style});
    }
    for (const auto& [key, value] : metadata_.items()) {
      const bool empty =
          value.is_null() || value == false || ((value.is_array() || value.is_object()) && value.empty());
      if (!known_.contains(key) && !empty) restored_.unrestored.push_back({key, json_value_text(value)});
    }
  }

  const json& metadata_;
  RestoredRecipe restored_;
  std::set<std::string> known_;
};

std::string old_prompt(const json& image) {
  const auto prompt = image.find("prompt");
  if (prompt == image.end()) return {};
  if (!prompt->is_array()) return json_value_text(*prompt);
  std::string text;
  for (const json& part : *prompt) text += (text.empty() ? "" : " ") + text_at(part, "prompt");
  return text;
}

RestoredRecipe read_old_metadata(const json& metadata) {
  RestoredRecipe restored;
  Recipe& recipe = restored.recipe;
  recipe.program = "InvokeAI";
  recipe.rng = "torch-cpu";
  recipe.model = {text_at(metadata, "model_weights"), text_at(metadata, "model_hash")};
  const json& image = metadata["image"];
  split_invokeai_prompt(old_prompt(image), recipe);
  const std::set<std::string> silent{"prompt",    "type",     "postprocessing", "variations", "seamless",
                                     "hires_fix", "facetool", "upscale",        "threshold",  "perlin"};
  for (const auto& [key, value] : image.items()) {
    const std::string text = json_value_text(value);
    if (key == "steps")
      take_count(restored, key, text, recipe.steps);
    else if (key == "cfg_scale")
      take_number(restored, key, text, recipe.guidance);
    else if (key == "width")
      take_count(restored, key, text, recipe.width);
    else if (key == "height")
      take_count(restored, key, text, recipe.height);
    else if (key == "seed")
      take_seed(restored, key, text, recipe.seed);
    else if (key == "sampler")
      take_invokeai_sampler(restored, key, text);
    else if (!silent.contains(key) || !(value.is_null() || value == false || value == 0 || value == json::array()))
      if (key != "prompt" && key != "type") restored.unrestored.push_back({key, text});
  }
  note_invokeai_weights(restored);
  return restored;
}

}  // namespace

std::optional<RestoredRecipe> restore_invokeai(std::string_view text) {
  try {
    const json metadata = parse_json(text, "invokeai_metadata");
    if (!metadata.is_object()) return std::nullopt;
    if (metadata.contains("image") && metadata["image"].is_object()) return read_old_metadata(metadata);
    if (!metadata.contains("positive_prompt") && !metadata.contains("seed")) return std::nullopt;
    return InvokeAiReader(metadata).read();
  } catch (const Error&) {
    return std::nullopt;
  }
}

}  // namespace diptych::diffusion
