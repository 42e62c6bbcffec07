// What makes a picture again: everything that the person chose, as it stands in the picture's metadata.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace diptych::diffusion {

// A file of weights. The hash is as the program that wrote it had it: ours is the SHA-256 of the file, A1111's its
// first ten digits.
struct RecipeFile {
  std::string name, hash;

  bool operator==(const RecipeFile&) const = default;
};

struct RecipeAdapter {
  RecipeFile file;
  double text_encoder_scale = 1, denoiser_scale = 1;
  bool in_prompt = false;  // the prompt has its tag; the others were chosen beside it

  bool operator==(const RecipeAdapter&) const = default;
};

struct RecipeInit {
  RecipeFile image, mask;  // names may be empty: many programs do not keep them
  double strength = 0.75;
  std::optional<double> mask_blur = {};  // pixels by which the mask's edge was softened
  std::optional<int> padding = {};       // only what lies around the mask was made anew, with so many pixels more
  std::vector<int> outpaint = {};        // left, top, right, bottom: pixels that were added; or none

  bool operator==(const RecipeInit&) const = default;
};

// A control model with its picture (control.h).
struct RecipeControl {
  RecipeFile model, image;
  std::string preprocess;  // what made a control picture of it: "canny:100:200"; empty: it was one
  double scale = 1, begin = 0, end = 1;
  bool guess = false;

  bool operator==(const RecipeControl&) const = default;
};

// A picture to resemble (image_prompts.h).
struct RecipeImagePrompt {
  RecipeFile adapter, image;
  double scale = 1;
  RecipeFile encoder = {};  // of pictures; no name: the model's own, or the only one there was

  bool operator==(const RecipeImagePrompt&) const = default;
};

// perturbed_attention.h
struct RecipePerturbed {
  double scale = 0, adaptive = 0;
  std::vector<std::string> layers;  // none: the usual ones

  bool operator==(const RecipePerturbed&) const = default;
};

// A model that takes over behind a part of the run (refiner.h).
struct RecipeRefiner {
  RecipeFile model;
  double switch_at = 0.8;

  bool operator==(const RecipeRefiner&) const = default;
};

// A second pass over the enlarged picture.
struct RecipeHires {
  std::optional<double> scale;       // or
  std::optional<int> width, height;  // both
  std::optional<int> steps;          // as the first pass if none
  double strength = 0.7;
  std::string upscaler;

  bool operator==(const RecipeHires&) const = default;
};

// The initial picture enlarged, and changed in tiles by its strength; 0: enlarged alone (upscale.h).
struct RecipeUpscale {
  double scale = 2;
  std::string upscaler;        // as of the second pass
  int tile = 0, overlap = 64;  // pixels; 0: what the model was trained on

  bool operator==(const RecipeUpscale&) const = default;
};

// Noise of a second seed mixed into that of the first.
struct RecipeVariation {
  uint64_t seed = 0;
  double strength = 0;

  bool operator==(const RecipeVariation&) const = default;
};

// What is none was not said. Names of samplers, schedules and random numbers are ours (sampler.h, named_schedule.h,
// noise_streams.h).
struct Recipe {
  std::string program, engine_version;  // that made the picture
  std::string prompt, negative_prompt;  // as typed, with tags and wildcards
  std::optional<bool> plain_prompt;     // brackets and bars in them are text
  std::vector<int> classes;             // in their place, of class-conditional models
  RecipeFile model, vae;
  std::string prediction;                 // "epsilon", "v_prediction", where the model's file did not say it
  std::vector<RecipeFile> text_encoders;  // where they are files of their own
  std::optional<uint64_t> seed, wildcard_seed;
  std::optional<RecipeVariation> variation;
  std::string rng, sampler, schedule;
  std::optional<double> eta;
  std::optional<int> steps, width, height;
  std::optional<double> guidance;          // classifier-free
  std::optional<double> guidance_rescale;  // Lin et al. 2023
  std::optional<double> guidance_begin, guidance_end;
  std::optional<double> distilled_guidance;  // FLUX.1 dev
  std::optional<double> flow_shift;
  std::optional<int> clip_skip;    // 1: the last layer
  std::optional<int> text_tokens;  // that T5 read
  std::string cache;               // what was left out (step_cache.h)
  std::string quantize;            // what linear layers were rounded to (image_parts.h)
  std::vector<RecipeAdapter> adapters;
  std::vector<RecipeFile> embeddings;  // whose words the prompts had (textual_inversion.h)
  std::optional<RecipeInit> init;
  std::vector<RecipeControl> controls;
  std::vector<RecipeImagePrompt> image_prompts;
  std::optional<RecipePerturbed> perturbed_attention;
  std::optional<RecipeRefiner> refiner;
  std::optional<RecipeHires> hires;
  std::optional<RecipeUpscale> upscale;
  std::string workflow;  // ComfyUI's graph as it wrote it

  bool operator==(const Recipe&) const = default;
};

std::string write_recipe(const Recipe& recipe);  // JSON
// Error (invalid_file) names the key. Keys that this version does not know are errors, or, where the list is given,
// added to it by their names.
Recipe parse_recipe(std::string_view json, const std::string& source, std::vector<std::string>* unknown = nullptr);

}  // namespace diptych::diffusion
