// What a picture is asked to be: the body of POST /api/images, of estimates and of plots, and what a recipe restores.
#pragma once

#include <array>
#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "engine/api/fields.h"

namespace diptych::api {

struct ImageAdapter {
  std::string file;                          // a name of GET /api/images/files
  double scale = 1;                          // on the denoiser
  std::optional<double> text_encoder_scale;  // none: as scale

  bool operator==(const ImageAdapter&) const = default;
};

struct Outpaint {  // pixels to add at each side
  int left = 0, top = 0, right = 0, bottom = 0;

  bool operator==(const Outpaint&) const = default;
};

// Pictures are named by the id of an upload or of a picture of the gallery.
struct ImageInit {
  std::string image;
  std::string mask;  // empty: all of it; white (or, in pictures with alpha, transparent) is painted anew
  double strength = 0.75;
  double mask_blur = 4;          // standard deviation in pixels
  bool full_resolution = false;  // only the mask's surroundings are made, at the whole size
  int padding = 32;              // of those surroundings, in pixels
  Outpaint outpaint;

  bool operator==(const ImageInit&) const = default;
};

struct ImageRefiner {      // a model that makes the last steps, as SDXL's
  std::string model;       // id or path
  double switch_at = 0.8;  // the part of the run after which it takes over

  bool operator==(const ImageRefiner&) const = default;
};

struct ImageHires {  // a second pass over the enlarged picture
  double scale = 2;
  int steps = 0;  // 0: as the first pass
  double strength = 0.7;
  std::string upscaler;  // "latent", "bicubic", "lanczos", or a name of GET /api/images/files

  bool operator==(const ImageHires&) const = default;
};

// `init`'s picture enlarged, and changed in tiles by its strength; at 0 no image model takes part.
struct ImageUpscale {
  double scale = 2;
  std::string upscaler;  // as of `hires`; empty: "lanczos"; "latent" wants a strength
  int tile = 0;          // side in pixels; 0: the size that the model was trained on
  int overlap = 64;      // pixels that tiles share

  bool operator==(const ImageUpscale&) const = default;
};

struct ImageControl {
  std::string model;             // a name of GET /api/images/files
  std::string image;             // the map, or what `preprocess` makes it of
  std::string preprocess;        // empty, or "canny"
  double low = 100, high = 200;  // Canny's thresholds
  double scale = 1, begin = 0, end = 1;
  bool guess = false;  // only the prompt's half of guidance sees it, deeper layers more (ControlNet's guess mode)

  bool operator==(const ImageControl&) const = default;
};

// A picture that the result is to resemble (IP-Adapter).
struct ImagePrompt {
  std::string adapter;  // a name of GET /api/images/files
  std::string image;
  std::string encoder;  // CLIP's image encoder, a name of these files; empty: the model's own, or the only one there is
  double scale = 1;

  bool operator==(const ImagePrompt&) const = default;
};

struct ImageVariation {  // noise of a second seed mixed into that of the first
  int64_t seed = 0;
  double strength = 0;

  bool operator==(const ImageVariation&) const = default;
};

// Whether pictures of the steps are wanted while they are made.
enum class PreviewKind { off, fast };
template <>
struct EnumNames<PreviewKind> {
  static constexpr std::array<const char*, 2> names{"off", "fast"};
};

inline constexpr int64_t most_seed = 9223372036854000000;

struct ImageSettings {
  std::string model;   // id or path; empty: the one that was used last
  std::string prompt;  // in A1111's syntax unless `plain_prompt`
  std::optional<std::string> negative;
  bool plain_prompt = false;
  std::vector<int> classes;   // labels of class-conditional models, a picture each
  int width = 0, height = 0;  // 0: the model's own
  int steps = 0;              // 0: the family's usual number
  std::optional<double> guidance;
  double guidance_rescale = 0, guidance_begin = 0, guidance_end = 1;
  double pag_scale = 0;                 // perturbed-attention guidance; 0: off
  double pag_adaptive = 0;              // how much its scale falls for each of the 1000 timesteps behind
  std::vector<std::string> pag_layers;  // regular expressions of layers' names; none: the usual ones
  std::string sampler;                  // empty: the model's own scheduler
  std::string schedule;                 // empty: the sampler's usual one
  std::optional<double> eta;
  std::optional<double> flow_shift;      // of flows; none: the model's own
  std::optional<int64_t> seed;           // none: drawn
  std::optional<int64_t> wildcard_seed;  // of {a|b} in prompts; none: as seed
  std::optional<ImageVariation> variation;
  std::string rng = "philox";              // "philox", "torch-cpu", "torch-cuda"
  int batch = 1;                           // pictures at once; each has the seed that follows
  int count = 1;                           // runs, one after the other; their seeds go on
  int clip_skip = 1;                       // CLIP's layer counted from the last, which is 1
  std::string vae;                         // empty: the model's own; or a name of GET /api/images/files
  std::vector<std::string> text_encoders;  // that the model's file lacks; names of GET /api/images/files
  std::string prediction;                  // "epsilon", "v_prediction" where the model's file does not say it
  std::vector<ImageAdapter> adapters;
  // Words beside those that the prompt finds by itself: names of GET /api/images/files, or paths. Each is called by its
  // file's name, or as its file says.
  std::vector<std::string> embeddings;
  std::optional<ImageInit> init;
  std::optional<ImageRefiner> refiner;
  std::optional<ImageHires> hires;
  std::optional<ImageUpscale> upscale;
  std::vector<ImageControl> controls;
  std::vector<ImagePrompt> image_prompts;
  PreviewKind preview = PreviewKind::fast;
  bool sequential_guidance = false, tiled_vae = false, low_memory = false;
  std::string quantize;  // "q8_0": linear layers are rounded to it as they are read; empty: as the files have them
  std::string cache;     // empty: exact; "first-block", "teacache", "deepcache", with ":VALUE"

  bool operator==(const ImageSettings&) const = default;
};

template <typename V>
void fields(V& v, ImageAdapter& x) {
  v("file", x.file);
  v("scale", x.scale);
  v("text_encoder_scale", x.text_encoder_scale);
}

template <typename V>
void fields(V& v, Outpaint& x) {
  v("left", x.left);
  v("top", x.top);
  v("right", x.right);
  v("bottom", x.bottom);
}

template <typename V>
void fields(V& v, ImageInit& x) {
  v("image", x.image);
  v("mask", x.mask);
  v("strength", x.strength);
  v("mask_blur", x.mask_blur);
  v("full_resolution", x.full_resolution);
  v("padding", x.padding);
  v("outpaint", x.outpaint);
}

template <typename V>
void fields(V& v, ImageRefiner& x) {
  v("model", x.model);
  v("switch_at", x.switch_at);
}

template <typename V>
void fields(V& v, ImageHires& x) {
  v("scale", x.scale);
  v("steps", x.steps);
  v("strength", x.strength);
  v("upscaler", x.upscaler);
}

template <typename V>
void fields(V& v, ImageUpscale& x) {
  v("scale", x.scale);
  v("upscaler", x.upscaler);
  v("tile", x.tile);
  v("overlap", x.overlap);
}

template <typename V>
void fields(V& v, ImageControl& x) {
  v("model", x.model);
  v("image", x.image);
  v("preprocess", x.preprocess);
  v("low", x.low);
  v("high", x.high);
  v("scale", x.scale);
  v("begin", x.begin);
  v("end", x.end);
  v("guess", x.guess);
}

template <typename V>
void fields(V& v, ImagePrompt& x) {
  v("adapter", x.adapter);
  v("image", x.image);
  v("encoder", x.encoder);
  v("scale", x.scale);
}

template <typename V>
void fields(V& v, ImageVariation& x) {
  v("seed", x.seed);
  v("strength", x.strength);
}

template <typename V>
void fields(V& v, ImageSettings& x) {
  v("model", x.model);
  v("prompt", x.prompt);
  v("negative", x.negative);
  v("plain_prompt", x.plain_prompt);
  v("classes", x.classes);
  v("width", x.width);
  v("height", x.height);
  v("steps", x.steps);
  v("guidance", x.guidance);
  v("guidance_rescale", x.guidance_rescale);
  v("guidance_begin", x.guidance_begin);
  v("guidance_end", x.guidance_end);
  v("pag_scale", x.pag_scale);
  v("pag_adaptive", x.pag_adaptive);
  v("pag_layers", x.pag_layers);
  v("sampler", x.sampler);
  v("schedule", x.schedule);
  v("eta", x.eta);
  v("flow_shift", x.flow_shift);
  v("seed", x.seed);
  v("wildcard_seed", x.wildcard_seed);
  v("variation", x.variation);
  v("rng", x.rng);
  v("batch", x.batch);
  v("count", x.count);
  v("clip_skip", x.clip_skip);
  v("vae", x.vae);
  v("text_encoders", x.text_encoders);
  v("prediction", x.prediction);
  v("adapters", x.adapters);
  v("embeddings", x.embeddings);
  v("init", x.init);
  v("refiner", x.refiner);
  v("hires", x.hires);
  v("upscale", x.upscale);
  v("controls", x.controls);
  v("image_prompts", x.image_prompts);
  v("preview", x.preview);
  v("sequential_guidance", x.sequential_guidance);
  v("tiled_vae", x.tiled_vae);
  v("low_memory", x.low_memory);
  v("quantize", x.quantize);
  v("cache", x.cache);
}

// An enlargement alone: no image model is looked for.
inline bool enlarges_only(const ImageSettings& settings) {
  return settings.upscale && settings.init && settings.init->strength == 0;
}

void check(const ImageSettings& settings);  // FieldError names what is out of range

}  // namespace diptych::api
