// What a user asks of an image model, and what comes back.
#pragma once

#include <functional>
#include <optional>
#include <string>
#include <vector>

#include "engine/core/context.h"
#include "engine/diffusion/condition/control.h"
#include "engine/diffusion/condition/guidance.h"
#include "engine/diffusion/condition/image_prompts.h"
#include "engine/diffusion/condition/perturbed_attention.h"
#include "engine/diffusion/noise/variation.h"
#include "engine/diffusion/refiner.h"
#include "engine/diffusion/solvers/sampler.h"
#include "engine/model/step_cache.h"

namespace diptych::diffusion {

struct ImageRequest {
  std::string prompt;
  std::optional<std::string> negative;  // none is not always the same as an empty one (SDXL)
  bool prompt_syntax = false;           // both prompts are written in A1111's syntax (prompt.h)
  uint64_t wildcard_seed = 0;
  int steps_before = 0;           // in a second pass, those of the first, on which schedules in prompts go on counting
  std::vector<int32_t> classes;   // of class-conditional models: an image each
  int64_t width = 0, height = 0;  // pixels; 0: the size that the model was trained on
  int64_t images = 1;

  int steps = 0;                          // 0: the family's usual number
  std::optional<Sampler> sampler;         // none: the model's own scheduler
  std::optional<NamedSchedule> schedule;  // none: the sampler's usual one
  std::optional<double> eta;
  std::optional<double> flow_shift;      // of flows (flow_shift.h); none: the model's own
  std::optional<double> guidance_scale;  // none: the family's usual one
  Guidance guidance;                     // its scale is guidance_scale
  bool sequential_guidance = false;      // one half of the batch after the other: half the memory
  bool tiled_autoencoder = false;        // the same pictures with less memory and more time
  int clip_skip = 0;
  int64_t text_tokens = 0;  // see ConditioningOptions

  // Image to image: f32 [1, 3, height, width], 0 … 1. With a mask [1, 1, height, width], 1 where it is painted anew.
  Tensor init_image, mask;
  double strength = 0.8;  // how much of the run is done: 1 all of it

  std::vector<ControlRequest> controls;
  std::vector<ImagePromptRequest> image_prompts;
  PerturbedAttention perturbed;
  std::optional<RefinerStage> refiner;  // control models and image prompts belong to the model alone
  // The same from latents as the denoiser sees them, [1, latent channels, h, w], in place of a picture.
  Tensor init_image_latents;

  std::optional<StepCacheOptions> cache;  // work that may be left out; none: nothing, which is exact
  std::optional<Variation> variation;     // of drawn noise

  Tensor init_latents;  // unit noise [images, latent channels, h, w] in place of drawn noise; empty: drawn
  bool keep_steps = false;
};

struct ImageStep {
  int step = 0, steps = 0;  // model evaluations done, and of the whole run; 0: the first one begins
  const Tensor& latents;    // [images, latent channels, h, w]
  const Tensor& clean;      // the same without their noise, as far as the network sees it: for previews
};

using ImageStepListener = std::function<void(const ImageStep&)>;

// What a part of the run took.
struct ImagePhase {
  double seconds = 0;
  Cost cost;
  int64_t peak_bytes = 0;  // of the arena, the model's weights included
};

struct ImageResult {
  Tensor latents;  // [images, latent channels, h, w]
  std::vector<Tensor> latents_per_step;
  ImagePhase enlarging;  // of a picture that was there, or between two passes
  ImagePhase text, denoising, decoding;
  int evaluations = 0;         // of the denoiser, whatever the batch
  int reused_evaluations = 0;  // those of them that left work out
  // What came to no numbers and was computed again in f32: evaluations, counted from 1, the prompt, the picture.
  std::vector<int> redone_steps;
  bool redone_text = false, redone_picture = false;
  int64_t peak_bytes() const;
  Tensor images;  // f32 [images, 3, height, width], 0 … 1
};

}  // namespace diptych::diffusion
