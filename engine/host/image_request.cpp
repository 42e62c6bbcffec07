#include "engine/host/image_request.h"

#include "engine/core/error.h"
#include "engine/diffusion/canny.h"
#include "engine/diffusion/image_run.h"
#include "engine/diffusion/image_tensor.h"
#include "engine/diffusion/prompt_adapters.h"
#include "engine/host/errors.h"
#include "engine/host/image_mask.h"
#include "engine/io/image_resize.h"

namespace diptych::host {
namespace {

using namespace diffusion;

[[noreturn]] void refuse_setting(const std::string& setting, const std::string& why, const std::string& to_do) {
  throw Error(ErrorCategory::unsupported, "cannot make images", setting, why, to_do);
}

void refuse_what_is_missing(const api::ImageSettings& settings) {
  const char* why = "image runs of the host do not take it yet";
  if (!settings.adapters.empty()) refuse_setting("adapters", why, "leave adapters out");
  if (settings.plain_prompt == false) {
    for (const std::string& prompt : {settings.prompt, settings.negative.value_or("")}) {
      const PromptTags tags = take_tags(prompt);
      if (!tags.adapters.empty()) refuse_setting("adapter " + tags.adapters.front().name, why, "take its tag out");
    }
  }
  if (settings.hires) refuse_setting("hires", why, "leave it out");
  if (settings.variation) refuse_setting("variation", why, "leave it out");
  if (settings.tiled_vae) refuse_setting("tiled_vae", why, "switch it off");
  if (settings.low_memory) refuse_setting("low_memory", why, "switch it off");
  if (!settings.cache.empty()) refuse_setting("cache", why, "leave it empty");
  if (!settings.init) return;
  if (settings.init->full_resolution) refuse_setting("init.full_resolution", why, "switch it off");
  if (settings.init->outpaint != api::Outpaint{}) refuse_setting("init.outpaint", why, "leave it at 0");
}

const Image8& picture_named(const std::map<std::string, Image8>& pictures, const std::string& id) {
  const auto found = pictures.find(id);
  if (found == pictures.end()) {
    throw Error(ErrorCategory::not_found, "cannot find picture", id.substr(0, 100), "there is none of this id",
                "upload it first");
  }
  return found->second;
}

Tensor planes_of(Context& ctx, const Image8& picture, int64_t width, int64_t height) {
  Tensor tensor = ctx.output({1, 3, height, width});
  if (tensor.is_meta()) return tensor;
  std::ranges::copy(image_planes(resized(picture, width, height), PixelRange::unit), tensor.data<float>());
  return tensor;
}

Tensor control_picture(Context& ctx, const Image8& picture, const api::ImageControl& control, int64_t width,
                       int64_t height) {
  if (control.preprocess.empty() || ctx.is_meta()) return planes_of(ctx, picture, width, height);
  return planes_of(ctx, canny(resized(picture, width, height)), width, height);
}

Tensor mask_of(Context& ctx, const Image8& picture, int64_t width, int64_t height) {
  Tensor tensor = ctx.output({1, 1, height, width});
  if (tensor.is_meta()) return tensor;
  std::ranges::copy(mask_values(picture, width, height), tensor.data<float>());
  return tensor;
}

void take_solver(const api::ImageSettings& settings, ImageRequest& request) {
  if (!settings.sampler.empty()) {
    const SamplerChoice choice = parse_sampler(settings.sampler);
    request.sampler = choice.sampler;
    request.schedule = choice.schedule;
  }
  if (settings.schedule.empty()) return;
  request.schedule = parse_named_schedule(settings.schedule);
  if (request.sampler) return;
  throw Error(ErrorCategory::invalid_argument, "cannot use schedule", settings.schedule,
              "the model's own scheduler has its own", "choose a sampler as well");
}

int64_t whole_multiple(int64_t pixels, int64_t multiple) {
  return std::max(multiple, pixels / multiple * multiple);
}

}  // namespace

ImageRequest image_request_of(Context& ctx, const ImageModel& model, const api::ImageSettings& settings,
                              const std::map<std::string, Image8>& pictures, const ControlModels& control_models) {
  refuse_what_is_missing(settings);
  ImageRequest request;
  request.prompt = settings.prompt;
  request.negative = settings.negative;
  request.prompt_syntax = !settings.plain_prompt;
  request.wildcard_seed = static_cast<uint64_t>(settings.wildcard_seed.value_or(settings.seed.value_or(0)));
  request.classes.assign(settings.classes.begin(), settings.classes.end());
  request.width = settings.width;
  request.height = settings.height;
  request.images = settings.batch;
  request.steps = settings.steps;
  request.eta = settings.eta;
  request.guidance_scale = settings.guidance;
  request.guidance.rescale = settings.guidance_rescale;
  request.guidance.begin = settings.guidance_begin;
  request.guidance.end = settings.guidance_end;
  request.sequential_guidance = settings.sequential_guidance;
  request.clip_skip = settings.clip_skip - 1;
  take_solver(settings, request);
  if (model.family == ImageFamily::dit && request.classes.size() != static_cast<size_t>(settings.batch)) {
    refuse("classes", "there are " + std::to_string(request.classes.size()) + " labels for " +
                          std::to_string(settings.batch) + " pictures at once");
  }
  if (settings.init) {
    const Image8& init = picture_named(pictures, settings.init->image);
    if (request.width == 0) request.width = whole_multiple(init.width, model.side_multiple());
    if (request.height == 0) request.height = whole_multiple(init.height, model.side_multiple());
  }
  request.perturbed.scale = settings.pag_scale;
  request = completed(model, request);  // sizes are checked before anything is made of them
  if (settings.init) {
    request.strength = settings.init->strength;
    request.init_image = planes_of(ctx, picture_named(pictures, settings.init->image), request.width, request.height);
    if (!settings.init->mask.empty()) {
      request.mask = mask_of(ctx, picture_named(pictures, settings.init->mask), request.width, request.height);
    }
  }
  for (const api::ImageControl& control : settings.controls) {
    request.controls.push_back(
        {.model = control_models(control.model),
         .image = control_picture(ctx, picture_named(pictures, control.image), control, request.width, request.height),
         .scale = control.scale,
         .begin = control.begin,
         .end = control.end});
  }
  return completed(model, request);
}

api::ImageSettings completed_settings(const api::ImageSettings& settings, const ImageRequest& request) {
  api::ImageSettings result = settings;
  result.width = static_cast<int>(request.width);
  result.height = static_cast<int>(request.height);
  result.steps = request.steps;
  result.guidance = request.guidance.scale;
  result.wildcard_seed = static_cast<int64_t>(request.wildcard_seed);
  if (request.sampler) result.sampler = sampler_name(*request.sampler);
  if (request.sampler && request.schedule) result.schedule = named_schedule_name(*request.schedule);
  return result;
}

Recipe recipe_of(const api::ImageSettings& settings, const std::string& model_name, const std::string& version) {
  Recipe recipe;
  recipe.program = "Diptych";
  recipe.engine_version = version;
  recipe.prompt = settings.prompt;
  recipe.negative_prompt = settings.negative.value_or("");
  recipe.model.name = model_name;
  recipe.vae.name = settings.vae;
  for (const std::string& encoder : settings.text_encoders) recipe.text_encoders.push_back({encoder, ""});
  if (settings.seed) recipe.seed = static_cast<uint64_t>(*settings.seed);
  if (settings.wildcard_seed) recipe.wildcard_seed = static_cast<uint64_t>(*settings.wildcard_seed);
  if (settings.variation) {
    recipe.variation = RecipeVariation{static_cast<uint64_t>(settings.variation->seed), settings.variation->strength};
  }
  recipe.rng = settings.rng;
  recipe.sampler = settings.sampler;
  recipe.schedule = settings.schedule;
  recipe.eta = settings.eta;
  recipe.steps = settings.steps;
  recipe.width = settings.width;
  recipe.height = settings.height;
  recipe.guidance = settings.guidance;
  if (settings.guidance_rescale > 0) recipe.guidance_rescale = settings.guidance_rescale;
  recipe.clip_skip = settings.clip_skip;
  for (const api::ImageAdapter& adapter : settings.adapters) {
    recipe.adapters.push_back({.file = {adapter.file, ""},
                               .text_encoder_scale = adapter.text_encoder_scale.value_or(adapter.scale),
                               .denoiser_scale = adapter.scale});
  }
  if (settings.init) {
    recipe.init = RecipeInit{
        .image = {settings.init->image, ""}, .mask = {settings.init->mask, ""}, .strength = settings.init->strength};
  }
  if (settings.hires) {
    RecipeHires& hires = recipe.hires.emplace();
    hires.scale = settings.hires->scale;
    if (settings.hires->steps > 0) hires.steps = settings.hires->steps;
    hires.strength = settings.hires->strength;
    hires.upscaler = settings.hires->upscaler;
  }
  return recipe;
}

}  // namespace diptych::host
