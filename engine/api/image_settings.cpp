#include "engine/api/image_settings.h"

#include <algorithm>

namespace diptych::api {
namespace {

void within(const std::string& field, double value, double low, double high) {
  if (value >= low && value <= high) return;
  throw FieldError(field, "it is not between " + Json(low).dump() + " and " + Json(high).dump());
}

// Room for prompts of several thousand words; a text encoder's windows take memory.
constexpr size_t longest_prompt = 64 * 1024;

// That Sobel's operator finds: both directions of a step from black to white.
constexpr double strongest_gradient = 2040;

void check_text(const std::string& field, const std::string& text) {
  if (text.size() > longest_prompt) throw FieldError(field, "it is longer than 65536 bytes");
}

// Room is left for the seeds that follow.
void check_seed(const std::string& field, const std::optional<int64_t>& seed) {
  if (seed && (*seed < 0 || *seed > most_seed)) {
    throw FieldError(field, "it is not between 0 and " + std::to_string(most_seed));
  }
}

void check(const ImageInit& init) {
  if (init.image.empty()) throw FieldError("init.image", "it is missing");
  within("init.strength", init.strength, 0, 1);
  within("init.mask_blur", init.mask_blur, 0, 256);
  within("init.padding", init.padding, 0, 1 << 16);
  const Outpaint& sides = init.outpaint;
  for (const int pixels : {sides.left, sides.top, sides.right, sides.bottom}) {
    within("init.outpaint", pixels, 0, 1 << 15);
  }
  if (init.full_resolution && init.mask.empty()) throw FieldError("init.full_resolution", "there is no mask");
}

void check(const ImageHires& hires) {
  within("hires.scale", hires.scale, 1, 8);
  within("hires.steps", hires.steps, 0, 10000);
  within("hires.strength", hires.strength, 0, 1);
}

void check(const ImageUpscale& upscale, const ImageSettings& of) {
  within("upscale.scale", upscale.scale, 1, 16);
  if (upscale.tile != 0) within("upscale.tile", upscale.tile, 16, 1 << 16);
  within("upscale.overlap", upscale.overlap, 0, 4096);
  if (!of.init) throw FieldError("upscale", "there is no picture to enlarge: init is missing");
  if (!of.init->mask.empty() || of.init->outpaint != Outpaint{}) {
    throw FieldError("upscale", "it is of whole pictures, without a mask or edges to add");
  }
  if (of.hires) throw FieldError("upscale", "there is a second pass, too: leave one of them out");
  if (of.batch != 1) throw FieldError("batch", "one picture is enlarged at a time: use count");
  if (upscale.upscaler == "latent" && enlarges_only(of)) {
    throw FieldError("upscale.upscaler", "latents that are enlarged are to be changed: init.strength is 0");
  }
}

void check(const ImageControl& control, const std::string& field) {
  if (control.model.empty()) throw FieldError(field + ".model", "it is missing");
  if (control.image.empty()) throw FieldError(field + ".image", "it is missing");
  if (!control.preprocess.empty() && control.preprocess != "canny") {
    throw FieldError(field + ".preprocess", "it is neither empty nor \"canny\"");
  }
  within(field + ".low", control.low, 0, strongest_gradient);
  within(field + ".high", control.high, control.low, strongest_gradient);
  within(field + ".scale", control.scale, -100, 100);
  within(field + ".begin", control.begin, 0, 1);
  within(field + ".end", control.end, 0, 1);
}

void check(const ImagePrompt& prompt, const std::string& field) {
  if (prompt.adapter.empty()) throw FieldError(field + ".adapter", "it is missing");
  if (prompt.image.empty()) throw FieldError(field + ".image", "it is missing");
  within(field + ".scale", prompt.scale, -100, 100);
}

}  // namespace

void check(const ImageSettings& settings) {
  check_text("prompt", settings.prompt);
  if (settings.negative) check_text("negative", *settings.negative);
  if (settings.classes.size() > 64) throw FieldError("classes", "more than 64 labels");
  within("width", settings.width, 0, 1 << 16);
  within("height", settings.height, 0, 1 << 16);
  within("steps", settings.steps, 0, 10000);
  if (settings.guidance) within("guidance", *settings.guidance, 0, 1000);
  within("guidance_rescale", settings.guidance_rescale, 0, 1);
  within("guidance_begin", settings.guidance_begin, 0, 1);
  within("guidance_end", settings.guidance_end, 0, 1);
  within("pag_scale", settings.pag_scale, 0, 1000);
  within("pag_adaptive", settings.pag_adaptive, 0, 1);
  if (settings.pag_layers.size() > 64) throw FieldError("pag_layers", "more than 64");
  if (settings.eta) within("eta", *settings.eta, 0, 100);
  if (settings.flow_shift) within("flow_shift", *settings.flow_shift, 0.01, 100);
  check_seed("seed", settings.seed);
  check_seed("wildcard_seed", settings.wildcard_seed);
  if (settings.variation) {
    check_seed("variation.seed", settings.variation->seed);
    within("variation.strength", settings.variation->strength, 0, 1);
  }
  within("batch", settings.batch, 1, 64);
  within("count", settings.count, 1, 10000);
  within("clip_skip", settings.clip_skip, 1, 64);
  if (settings.text_encoders.size() > 8) throw FieldError("text_encoders", "more than 8");
  if (!settings.prediction.empty() && settings.prediction != "epsilon" && settings.prediction != "v_prediction") {
    throw FieldError("prediction", "it is neither \"epsilon\" nor \"v_prediction\"");
  }
  if (!settings.quantize.empty() && settings.quantize != "q8_0") {
    throw FieldError("quantize", "it is neither empty nor \"q8_0\"");
  }
  if (settings.adapters.size() > 64) throw FieldError("adapters", "more than 64");
  if (settings.embeddings.size() > 64) throw FieldError("embeddings", "more than 64");
  for (const std::string& embedding : settings.embeddings)
    if (embedding.empty()) throw FieldError("embeddings", "one of them is empty");
  for (size_t i = 0; i < settings.adapters.size(); ++i) {
    const ImageAdapter& adapter = settings.adapters[i];
    const std::string field = "adapters[" + std::to_string(i) + "]";
    if (adapter.file.empty()) throw FieldError(field + ".file", "it is missing");
    within(field + ".scale", adapter.scale, -100, 100);
    if (adapter.text_encoder_scale) within(field + ".text_encoder_scale", *adapter.text_encoder_scale, -100, 100);
  }
  if (settings.init) check(*settings.init);
  if (settings.refiner) {
    if (settings.refiner->model.empty()) throw FieldError("refiner.model", "it is missing");
    within("refiner.switch_at", settings.refiner->switch_at, 0, 1);
  }
  if (settings.hires) check(*settings.hires);
  if (settings.upscale) check(*settings.upscale, settings);
  if (settings.controls.size() > 16) throw FieldError("controls", "more than 16");
  for (size_t i = 0; i < settings.controls.size(); ++i) {
    check(settings.controls[i], "controls[" + std::to_string(i) + "]");
  }
  if (settings.image_prompts.size() > 16) throw FieldError("image_prompts", "more than 16");
  for (size_t i = 0; i < settings.image_prompts.size(); ++i) {
    check(settings.image_prompts[i], "image_prompts[" + std::to_string(i) + "]");
  }
}

}  // namespace diptych::api
