// Writes A1111's `parameters` text.
#include "engine/diffusion/prompt/prompt_adapters.h"
#include "engine/diffusion/prompt/prompt_text.h"
#include "engine/diffusion/recipe/parameters_control.h"
#include "engine/diffusion/recipe/parameters_text.h"
#include "engine/diffusion/recipe/recipe_names.h"
#include "engine/diffusion/recipe/recipe_reader.h"

namespace diptych::diffusion {
namespace {

class ParametersWriter {
 public:
  explicit ParametersWriter(const Recipe& recipe) : recipe_(recipe) {}

  ParametersText write() {
    add_count("Steps", recipe_.steps);
    add("Sampler", a1111_sampler_name(recipe_.sampler));
    add("Schedule type", a1111_schedule_name(recipe_.schedule));
    add_number("CFG scale", recipe_.guidance);
    add_number("CFG Rescale", recipe_.guidance_rescale);
    add_number("Distilled CFG Scale", recipe_.distilled_guidance);
    add_number("Shift", recipe_.flow_shift);
    add_number("Eta", recipe_.eta);
    if (recipe_.seed) add("Seed", std::to_string(*recipe_.seed));
    add_size("Size", recipe_.width, recipe_.height);
    add("Model hash", recipe_.model.hash.substr(0, 10));
    add("Model", recipe_.model.name);
    add("VAE hash", recipe_.vae.hash.substr(0, 10));
    add("VAE", recipe_.vae.name);
    for (const RecipeFile& encoder : recipe_.text_encoders) add("TE", encoder.name);
    if (recipe_.variation) {
      add("Variation seed", std::to_string(recipe_.variation->seed));
      add("Variation seed strength", write_decimal(recipe_.variation->strength));
    }
    if (recipe_.refiner) {
      add("Refiner", bracketed_file(recipe_.refiner->model));
      add_number("Refiner switch at", recipe_.refiner->switch_at);
    }
    add_passes();
    add_count("Clip skip", recipe_.clip_skip);
    for (size_t i = 0; i < recipe_.controls.size(); ++i) {
      if (recipe_.controls[i].model.name.empty()) continue;
      add(("ControlNet " + std::to_string(i)).c_str(), write_control_parameters(recipe_.controls[i]));
    }
    if (recipe_.rng == "torch-cpu") add("RNG", "CPU");
    if (recipe_.rng == "philox") add("RNG", "Philox");
    if (recipe_.wildcard_seed) add("Wildcard seed", std::to_string(*recipe_.wildcard_seed));
    add_adapters();
    add("Version", recipe_.engine_version.empty() ? "Diptych" : "Diptych " + recipe_.engine_version);
    return std::move(text_);
  }

 private:
  void add(const char* key, const std::string& value) {
    if (!value.empty()) text_.values.emplace_back(key, value);
  }
  void add_count(const char* key, std::optional<int> value) {
    if (value) add(key, std::to_string(*value));
  }
  void add_number(const char* key, std::optional<double> value) {
    if (value) add(key, write_decimal(*value));
  }
  void add_size(const char* key, std::optional<int> width, std::optional<int> height) {
    if (width && height) add(key, std::to_string(*width) + "x" + std::to_string(*height));
  }

  void add_passes() {
    if (recipe_.hires) {
      const RecipeHires& hires = *recipe_.hires;
      add("Denoising strength", write_decimal(hires.strength));
      add_number("Hires upscale", hires.scale);
      add_size("Hires resize", hires.width, hires.height);
      add_count("Hires steps", hires.steps);
      add("Hires upscaler", hires.upscaler.empty() ? "Latent" : hires.upscaler);
    } else if (recipe_.init && !(recipe_.upscale && recipe_.init->strength == 0)) {
      add("Denoising strength", write_decimal(recipe_.init->strength));
    }
    if (recipe_.upscale) add_upscale(*recipe_.upscale, recipe_.init && recipe_.init->strength > 0);
  }

  // In the words of the script "SD upscale", or of the tab that enlarges pictures alone.
  void add_upscale(const RecipeUpscale& upscale, bool changed) {
    if (changed) {
      add("SD upscale overlap", std::to_string(upscale.overlap));
      add("SD upscale upscaler", upscale.upscaler);
      add("SD upscale scale factor", write_decimal(upscale.scale));
    } else {
      add("Postprocess upscale by", write_decimal(upscale.scale));
      add("Postprocess upscaler", upscale.upscaler);
    }
  }

  // What was chosen beside the prompt becomes a tag in it: A1111 knows no other way.
  void add_adapters() {
    text_.prompt = recipe_.prompt;
    text_.negative_prompt = recipe_.negative_prompt;
    std::string hashes;
    for (const RecipeAdapter& adapter : recipe_.adapters) {
      if (!adapter.in_prompt)
        text_.prompt += " " + adapter_tag({adapter.file.name, adapter.text_encoder_scale, adapter.denoiser_scale});
      if (!adapter.file.hash.empty())
        hashes += (hashes.empty() ? "" : ", ") + adapter.file.name + ": " + adapter.file.hash;
    }
    add("Lora hashes", hashes);
    hashes.clear();
    for (const RecipeFile& embedding : recipe_.embeddings)
      hashes += (hashes.empty() ? "" : ", ") + embedding.name + ": " + embedding.hash;
    add("TI hashes", hashes);
  }

  const Recipe& recipe_;
  ParametersText text_;
};

}  // namespace

std::string write_parameters(const Recipe& recipe) {
  return write_parameters_text(ParametersWriter(recipe).write());
}

}  // namespace diptych::diffusion
