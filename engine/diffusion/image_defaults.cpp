#include "engine/core/error.h"
#include "engine/diffusion/image_run.h"
#include "engine/diffusion/schedules/flow_shift.h"

namespace diptych::diffusion {
namespace {

UsualRequest usual_of(const ImageModel& model) {
  const bool undistilled_flux = model.family == ImageFamily::flux && !model.denoiser->info().distilled_guidance;
  return undistilled_flux ? UsualRequest{4, 1.0, 128} : traits_of(model.family).usual;
}

[[noreturn]] void refuse_request(const std::string& what, const std::string& why, const std::string& to_do) {
  throw Error(ErrorCategory::invalid_argument, "cannot make images", what, why, to_do);
}

int64_t nearest_multiple(int64_t value, int64_t multiple) {
  return std::max(multiple, (value + multiple / 2) / multiple * multiple);
}

void check_side(const char* name, int64_t pixels, int64_t multiple) {
  if (pixels > 0 && pixels % multiple == 0 && pixels <= 1 << 16) return;
  refuse_request(std::to_string(pixels) + " pixels of " + name,
                 "the model makes sides that are multiples of " + std::to_string(multiple),
                 "take " + std::to_string(nearest_multiple(pixels, multiple)));
}

void check_picture(const char* name, const Tensor& picture, int64_t channels, const ImageRequest& request) {
  const Shape wanted{1, channels, request.height, request.width};
  if (!picture || picture.shape() == wanted) return;
  refuse_request(name, "its shape is " + picture.shape().str(), "give " + wanted.str());
}

}  // namespace

ImageRequest completed(const ImageModel& model, ImageRequest request) {
  const UsualRequest usual = usual_of(model);
  if (request.steps == 0) request.steps = usual.steps;
  if (!request.guidance_scale) request.guidance_scale = usual.guidance;
  request.guidance.scale = *request.guidance_scale;
  const int64_t trained = model.denoiser->info().sample_size;
  const int64_t side = (trained > 0 ? trained : usual.latent_side) * model.autoencoder->info().scale;
  if (request.width == 0) request.width = request.init_image ? request.init_image.dim(3) : side;
  if (request.height == 0) request.height = request.init_image ? request.init_image.dim(2) : side;
  if (model.family == ImageFamily::dit) request.images = static_cast<int64_t>(request.classes.size());

  if (request.steps < 1) refuse_request(std::to_string(request.steps) + " steps", "there is nothing to do", "take 20");
  if (request.images < 1) {
    refuse_request(std::to_string(request.images) + " images", "there is nothing to do",
                   model.family == ImageFamily::dit ? "give a class label for each image" : "take 1");
  }
  check_side("width", request.width, model.side_multiple());
  check_side("height", request.height, model.side_multiple());
  check_picture("the image to start from", request.init_image, model.autoencoder->info().image_channels, request);
  check_picture("the mask", request.mask, 1, request);
  const int64_t scale = model.autoencoder->info().scale;
  const Shape latents{1, model.latent_channels(), request.height / scale, request.width / scale};
  if (request.init_image_latents && request.init_image_latents.shape() != latents) {
    refuse_request("the latents to start from", "their shape is " + request.init_image_latents.shape().str(),
                   "give " + latents.str());
  }
  if (request.mask && !request.init_image) {
    refuse_request("a mask", "there is no image that it belongs to", "give the image to start from as well");
  }
  if (!(request.strength >= 0 && request.strength <= 1)) {
    refuse_request("strength " + std::to_string(request.strength), "it is a part of the run", "give 0 to 1");
  }
  if (request.flow_shift) {
    const std::string shift = "flow shift " + std::to_string(*request.flow_shift);
    if (!own_flow_shift(model, request.height, request.width)) {
      refuse_request(shift, "this model's noise is no flow", "leave it out");
    }
    if (!(*request.flow_shift > 0)) refuse_request(shift, "noise levels would be below 0", "give 1 to 12");
  }
  for (const ControlRequest& control : request.controls) check_control(model, control, request.width, request.height);
  for (const ImagePromptRequest& prompt : request.image_prompts) check_image_prompt(model, prompt);
  if (request.refiner) check_refiner(model, *request.refiner);
  if (request.perturbed.scale > 0) perturbed_layers(model.denoiser->info(), request.perturbed.layers);
  return request;
}

}  // namespace diptych::diffusion
