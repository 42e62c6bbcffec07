// Reads A1111's `parameters` text, and stable-diffusion.cpp's, which has the same form.
#include <functional>
#include <map>

#include "engine/diffusion/prompt/prompt_adapters.h"
#include "engine/diffusion/recipe/parameters_control.h"
#include "engine/diffusion/recipe/parameters_text.h"
#include "engine/diffusion/recipe/recipe_names.h"
#include "engine/diffusion/recipe/recipe_reader.h"
#include "engine/diffusion/recipe/recipe_values.h"

namespace diptych::diffusion {
namespace {

constexpr std::string_view sd_cpp_version = "stable-diffusion.cpp";

bool is_hires_key(std::string_view key) {
  return key.starts_with("Hires ");
}

bool is_upscale_key(std::string_view key) {
  return key.starts_with("SD upscale ") || key.starts_with("Postprocess upscale");
}

// Values that say nothing about the picture, or only what others say, too.
bool says_nothing(std::string_view key) {
  return key == "Version" || key == "Hashes" || key == "Batch size" || key == "Batch pos";
}

class ParametersReader {
 public:
  explicit ParametersReader(ParametersText text) : text_(std::move(text)) {
    const std::string* version = text_.find("Version");
    sd_cpp_ = version != nullptr && version->starts_with(sd_cpp_version);
  }

  RestoredRecipe read() {
    Recipe& recipe = restored_.recipe;
    recipe.program = sd_cpp_ ? sd_cpp_version : "A1111";
    recipe.prompt = text_.prompt;
    recipe.negative_prompt = text_.negative_prompt;
    recipe.rng = sd_cpp_ ? "" : "torch-cuda";  // what A1111 means where it says nothing
    for (const auto& [key, value] : text_.values) take_value(key, value);
    finish_sampling();
    finish_strength();
    if (recipe.refiner && recipe.refiner->model.name.empty()) recipe.refiner.reset();  // a switch to nothing
    take_adapters();
    return std::move(restored_);
  }

 private:
  void take_value(const std::string& key, const std::string& value) {
    Recipe& recipe = restored_.recipe;
    using Take = std::function<void()>;
    const std::map<std::string_view, Take> takers{
        {"Steps", [&] { take_count(restored_, key, value, recipe.steps); }},
        {"Sampler", [&] { sampler_ = value; }},
        {"Schedule type", [&] { schedule_ = value; }},
        {"CFG scale", [&] { take_number(restored_, key, value, recipe.guidance); }},
        {"CFG Rescale", [&] { take_number(restored_, key, value, recipe.guidance_rescale); }},
        {"Distilled CFG Scale", [&] { take_number(restored_, key, value, recipe.distilled_guidance); }},
        {"Guidance", [&] { take_number(restored_, key, value, recipe.distilled_guidance); }},
        {"Shift", [&] { take_number(restored_, key, value, recipe.flow_shift); }},
        {"Eta", [&] { take_number(restored_, key, value, recipe.eta); }},
        {"Seed", [&] { take_seed(restored_, key, value, recipe.seed); }},
        {"Size", [&] { take_size(restored_, key, value, recipe.width, recipe.height); }},
        {"Model", [&] { recipe.model.name = value; }},
        {"Unet", [&] { recipe.model.name = value; }},
        {"Model hash", [&] { recipe.model.hash = value; }},
        {"VAE", [&] { recipe.vae.name = value; }},
        {"VAE hash", [&] { recipe.vae.hash = value; }},
        {"TE",
         [&] {
           recipe.text_encoders.push_back({value, ""});
         }},
        {"Clip skip", [&] { take_count(restored_, key, value, recipe.clip_skip); }},
        {"RNG", [&] { take_rng(value); }},
        {"Denoising strength", [&] { take_number(restored_, key, value, strength_); }},
        {"Variation seed", [&] { take_seed(restored_, key, value, variation_seed_); }},
        {"Variation seed strength", [&] { take_number(restored_, key, value, variation_strength_); }},
        {"Refiner", [&] { refiner().model = read_bracketed_file(value); }},
        {"Refiner switch at", [&] { take_switch(key, value); }},
        {"Wildcard seed", [&] { take_seed(restored_, key, value, recipe.wildcard_seed); }},
    };
    if (const auto taker = takers.find(key); taker != takers.end())
      taker->second();
    else if (is_hires_key(key))
      take_hires(key, value);
    else if (key.starts_with("ControlNet "))
      take_control_parameters(restored_, key, value);
    else if (is_upscale_key(key))
      take_upscale(key, value);
    else if (key == "Lora hashes")
      hashes_ = parse_parameter_line(value);
    else if (key == "TI hashes")
      for (const auto& [name, hash] : parse_parameter_line(value)) recipe.embeddings.push_back({name, hash});
    else if (!says_nothing(key))
      restored_.unrestored.push_back({key, value});
  }

  RecipeRefiner& refiner() {
    if (!restored_.recipe.refiner) restored_.recipe.refiner.emplace();
    return *restored_.recipe.refiner;
  }
  void take_switch(const std::string& key, const std::string& value) {
    std::optional<double> share;
    if (take_number(restored_, key, value, share)) refiner().switch_at = *share;
  }

  void take_rng(const std::string& value) {
    if (value == "CPU" || value == "cpu")
      restored_.recipe.rng = "torch-cpu";
    else if (value == "GPU" || value == "NV" || value == "cuda")
      restored_.recipe.rng = "torch-cuda";
    else if (value == "Philox")
      restored_.recipe.rng = "philox";
    else
      restored_.unrestored.push_back({"RNG", value});
  }

  void take_hires(const std::string& key, const std::string& value) {
    if (!restored_.recipe.hires) restored_.recipe.hires.emplace();
    RecipeHires& hires = *restored_.recipe.hires;
    if (key == "Hires upscale")
      take_number(restored_, key, value, hires.scale);
    else if (key == "Hires resize")
      take_size(restored_, key, value, hires.width, hires.height);
    else if (key == "Hires steps")
      take_count(restored_, key, value, hires.steps);
    else if (key == "Hires upscaler")
      hires.upscaler = value;
    else
      restored_.unrestored.push_back({key, value});
  }

  void take_upscale(const std::string& key, const std::string& value) {
    if (!restored_.recipe.upscale) restored_.recipe.upscale.emplace();
    RecipeUpscale& upscale = *restored_.recipe.upscale;
    if (key.starts_with("Postprocess")) enlarged_alone_ = true;
    std::optional<int> overlap;
    std::optional<double> scale;
    if (key == "SD upscale upscaler" || key == "Postprocess upscaler")
      upscale.upscaler = value;
    else if (key == "SD upscale overlap")
      take_count(restored_, key, value, overlap);
    else if (key == "SD upscale scale factor" || key == "Postprocess upscale by")
      take_number(restored_, key, value, scale);
    else
      restored_.unrestored.push_back({key, value});
    upscale.overlap = overlap.value_or(upscale.overlap);
    upscale.scale = scale.value_or(upscale.scale);
  }

  void finish_sampling() {
    Recipe& recipe = restored_.recipe;
    const NamedSampling named = sampling_of(sd_cpp_ ? ImageProgram::sd_cpp : ImageProgram::a1111, sampler_);
    recipe.sampler = named.sampler;
    recipe.schedule = named.schedule;
    if (sd_cpp_ && recipe.sampler != "ddim" && recipe.sampler != "tcd") recipe.eta.reset();  // it serves these alone
    if (named.sampler.empty() && !sampler_.empty()) restored_.unrestored.push_back({"Sampler", sampler_});
    if (schedule_ == "Automatic") {
      recipe.schedule = a1111_automatic_schedule(recipe.sampler);
    } else if (!schedule_.empty()) {
      recipe.schedule = schedule_of(ImageProgram::a1111, schedule_);
      if (recipe.schedule.empty()) restored_.unrestored.push_back({"Schedule type", schedule_});
    } else if (recipe.schedule.empty() && !recipe.sampler.empty()) {
      // Before schedules had names of their own, those of the samplers told all.
      const bool own = recipe.sampler == "ddim" || recipe.sampler == "plms";
      recipe.schedule = own && !sd_cpp_ ? "ddim_uniform" : "normal";
    }
  }

  // One key serves the second pass and the picture that a run begins with.
  void finish_strength() {
    Recipe& recipe = restored_.recipe;
    if (strength_ && recipe.hires) recipe.hires->strength = *strength_;
    if (enlarged_alone_ && !recipe.hires) strength_ = 0;
    if (strength_ && !recipe.hires) {
      recipe.init.emplace().strength = *strength_;
      restored_.unrestored.push_back({"Initial picture", ""});
    }
    if (variation_seed_) recipe.variation = {*variation_seed_, variation_strength_.value_or(0)};
  }

  void take_adapters() {
    const PromptTags tags = take_tags(text_.prompt);
    for (const PromptAdapter& tag : tags.adapters) {
      std::string hash;
      for (const auto& [name, value] : hashes_)
        if (name == tag.name) hash = value;
      restored_.recipe.adapters.push_back({{tag.name, hash}, tag.text_encoder_scale, tag.denoiser_scale, true});
    }
    for (const std::string& tag : tags.ignored) restored_.unrestored.push_back({tag, ""});
  }

  ParametersText text_;
  bool sd_cpp_ = false;
  RestoredRecipe restored_;
  std::string sampler_, schedule_;
  bool enlarged_alone_ = false;
  std::optional<double> strength_, variation_strength_;
  std::optional<uint64_t> variation_seed_;
  std::vector<std::pair<std::string, std::string>> hashes_;  // of adapters, by name
};

}  // namespace

std::optional<RestoredRecipe> restore_parameters(std::string_view text) {
  auto parsed = parse_parameters_text(text);
  if (!parsed) return std::nullopt;
  return ParametersReader(std::move(*parsed)).read();
}

}  // namespace diptych::diffusion
