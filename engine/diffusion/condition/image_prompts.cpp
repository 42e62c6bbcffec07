#include "engine/diffusion/condition/image_prompts.h"

#include <algorithm>
#include <cmath>
#include <string>

#include "engine/core/error.h"
#include "engine/ops/elementwise.h"
#include "engine/ops/join.h"

namespace diptych::diffusion {
namespace {

[[noreturn]] void refuse_prompt(const ImagePromptModelInfo& adapter, const std::string& why, const std::string& to_do) {
  throw Error(ErrorCategory::invalid_argument, "cannot use image prompt",
              adapter.name + " (" + adapter.architecture + ")", why, to_do);
}

Tensor zeros_like(Context& ctx, const Tensor& x) {
  Tensor zeros = ctx.output(x.shape());
  if (!zeros.is_meta()) std::ranges::fill(zeros.span<float>(), 0.0f);
  return zeros;
}

Tensor last_but_one(Context& ctx, const ImageEncoder& encoder, const Tensor& pixels) {
  const ImageEncoding encoding = encoder.forward(ctx, pixels, true);
  return encoding.hidden_states[encoding.hidden_states.size() - 2];  // [pictures, tokens, hidden]
}

// What stands for no picture in front: zeros, or what the encoder says of an image of zeros.
Tensor encoded(Context& ctx, const ImagePromptRequest& request, bool guided) {
  if (request.adapter->info().reads_hidden_states) {
    const Tensor shown = last_but_one(ctx, *request.encoder, request.pixels);
    if (!guided) return shown;
    return concat(ctx, last_but_one(ctx, *request.encoder, zeros_like(ctx, request.pixels)), shown, 0);
  }
  const Tensor shown = request.encoder->forward(ctx, request.pixels).projected;  // [pictures, projection]
  return guided ? concat(ctx, zeros_like(ctx, shown), shown, 0) : shown;
}

ImagePrompt prompt_of(Context& ctx, const ImagePromptRequest& request, bool guided) {
  const Tensor projected = request.adapter->project(ctx, encoded(ctx, request, guided));  // [pictures, tokens, width]
  ImagePrompt prompt;
  prompt.tokens = request.pixels.dim(0) * projected.dim(1);
  const Tensor tokens = projected.reshape({projected.dim(0) * projected.dim(1), projected.dim(2)});
  for (size_t i = 0; i < request.adapter->info().cross_attentions.size(); ++i) {
    const KeysValues kv = request.adapter->keys_values(ctx, tokens, i);
    prompt.keys.push_back(kv.keys);
    // Attention is linear in its values: scaled here once, not in every step.
    prompt.values.push_back(scale_offset(ctx, kv.values, static_cast<float>(request.scale), 0));
  }
  return prompt;
}

}  // namespace

void check_image_prompt(const ImageModel& model, const ImagePromptRequest& request) {
  const ImagePromptModelInfo& adapter = request.adapter->info();
  const DenoiserInfo& denoiser = model.denoiser->info();
  const ImageEncoderInfo& encoder = request.encoder->info();
  if (denoiser.cross_attentions.empty()) {
    refuse_prompt(adapter, denoiser.architecture + " of this " + model.pipeline + " takes none",
                  "leave it out, or choose a UNet's pipeline");
  }
  if (adapter.text_width != denoiser.text_width || adapter.cross_attentions != denoiser.cross_attentions) {
    refuse_prompt(adapter,
                  "it was made for " + std::to_string(adapter.cross_attentions.size()) +
                      " attentions to texts of width " + std::to_string(adapter.text_width) + ", the " +
                      denoiser.architecture + " of this " + model.pipeline + " has " +
                      std::to_string(denoiser.cross_attentions.size()) + " to width " +
                      std::to_string(denoiser.text_width),
                  "choose an IP-Adapter of the same family as the pipeline");
  }
  const int64_t given = adapter.reads_hidden_states ? encoder.hidden : encoder.projection;
  if (given != adapter.image_width) {
    refuse_prompt(adapter,
                  "it reads vectors of width " + std::to_string(adapter.image_width) + ", this " +
                      encoder.architecture + " gives " + std::to_string(given),
                  "choose the image encoder that it was published with");
  }
  const Shape& shape = request.pixels ? request.pixels.shape() : Shape{};
  if (shape.rank() != 4 || shape[0] < 1) {
    refuse_prompt(adapter, "it has no picture", "give f32 [pictures, 3, height, width]");
  }
  if (!std::isfinite(request.scale)) refuse_prompt(adapter, "its scale is no number", "give one, as 0.6");
}

ImagePrompts::ImagePrompts(Context& ctx, const std::vector<ImagePromptRequest>& requests, bool guided)
    : guided_(guided) {
  for (const ImagePromptRequest& request : requests) {
    if (request.scale != 0) prompts_.push_back(prompt_of(ctx, request, guided));
  }
}

void ImagePrompts::add_to(DenoiserInput& question, int64_t unconditional) const {
  const auto rows = question.sample.dim(0);
  for (ImagePrompt prompt : prompts_) {
    for (int64_t row = 0; row < rows; ++row) prompt.pictures.push_back(guided_ && row >= unconditional ? 1 : 0);
    question.image_prompts.push_back(std::move(prompt));
  }
}

}  // namespace diptych::diffusion
