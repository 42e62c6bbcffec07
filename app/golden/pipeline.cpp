// Kind pipeline: from prompt to image, the latents of every step beside it.
#include "app/golden/control_requests.h"
#include "app/golden/kinds.h"
#include "app/golden/recorded_noise.h"
#include "engine/diffusion/image_run.h"
#include "engine/diffusion/latents.h"
#include "engine/diffusion/prompt/textual_inversion.h"
#include "models/registry.h"

namespace diptych::golden {
namespace {

using namespace diffusion;
using nlohmann::ordered_json;

ImageRequest image_request_of(const Case& one) {
  ImageRequest request;
  request.keep_steps = true;
  for (const auto& [name, value] : one.description().at("arguments").items()) {
    if (value.is_null()) continue;
    if (name == "prompt")
      request.prompt = value.get<std::string>();
    else if (name == "negative_prompt")
      request.negative = value.get<std::string>();
    else if (name == "class_labels")
      request.classes = value.get<std::vector<int32_t>>();
    else if (name == "guidance_scale")
      request.guidance_scale = value.get<double>();
    else if (name == "true_cfg_scale")
      request.guidance_scale = value.get<double>();
    else if (name == "guidance_rescale")
      request.guidance.rescale = value.get<double>();
    else if (name == "num_inference_steps")
      request.steps = value.get<int>();
    else if (name == "num_images_per_prompt")
      request.images = value.get<int64_t>();
    else if (name == "height")
      request.height = value.get<int64_t>();
    else if (name == "width")
      request.width = value.get<int64_t>();
    else if (name == "strength")
      request.strength = value.get<double>();
    else if (name == "eta")
      request.eta = value.get<double>();
    else if (name == "clip_skip")
      request.clip_skip = value.get<int>();
    else if (name == "max_sequence_length")
      request.text_tokens = value.get<int64_t>();
    else if (name == "pag_scale")
      request.perturbed.scale = value.get<double>();
    else if (name == "pag_adaptive_scale")
      request.perturbed.adaptive = value.get<double>();
    else if (name == "pag_applied_layers")
      request.perturbed.layers = value.get<std::vector<std::string>>();
    else if (is_control_argument(name))
      continue;
    else if ((name != "clean_caption" && name != "use_resolution_binning") || value != false)
      one.fail("arguments", "has one that is not known: " + name);
  }
  return request;
}

// noise.0, noise.1, … one behind the other, and the number of values of each.
std::vector<float> recorded_draws(const TensorMap& inputs) {
  std::vector<float> draws;
  for (size_t i = 0;; ++i) {
    const auto found = inputs.find("noise." + std::to_string(i));
    if (found == inputs.end()) return draws;
    const auto values = found->second.span<float>();
    draws.insert(draws.end(), values.begin(), values.end());
  }
}

Tensor stacked_steps(Context& ctx, const std::vector<Tensor>& steps) {
  const Shape& one = steps.front().shape();
  std::vector<int64_t> extents{static_cast<int64_t>(steps.size())};
  extents.insert(extents.end(), one.extents().begin(), one.extents().end());
  Tensor all = ctx.output(Shape(std::span<const int64_t>(extents)));
  float* next = all.data<float>();
  for (const Tensor& step : steps) next = std::ranges::copy(step.span<float>(), next).out;
  return all;
}

}  // namespace

Result run_pipeline(Context& ctx, const Case& one) {
  ModelRegistry registry;
  models::register_all(registry);
  ImageModel model = load_image_model(ctx, registry, open_pipeline_folder(one.model()));
  std::vector<std::filesystem::path> embeddings;
  for (const std::string& name : one.description().value("embeddings", std::vector<std::string>())) {
    embeddings.push_back(one.file(name));
  }
  if (!embeddings.empty()) set_embeddings(ctx, model, embeddings);
  ImageRequest request;
  try {
    request = image_request_of(one);
  } catch (const ordered_json::exception& error) {
    one.fail("arguments", std::string("cannot be read: ") + error.what());
  }
  const TensorMap inputs = one.inputs(ctx);
  const bool packed = holds_packed_latents(model.family);
  if (const auto image = inputs.find("image"); image != inputs.end()) request.init_image = image->second;
  if (const auto mask = inputs.find("mask_image"); mask != inputs.end()) request.mask = mask->second;
  if (const auto latents = inputs.find("latents"); latents != inputs.end()) {
    const int64_t scale = model.autoencoder->info().scale;
    request.init_latents =
        packed ? unpack_latents(ctx, latents->second, request.height / scale, request.width / scale) : latents->second;
  }
  add_controls(ctx, registry, one, inputs, request);
  const std::vector<float> draws = recorded_draws(inputs);
  RecordedNoise noise(one, "noise", draws);
  ImageResult result = make_images(ctx, model, request, noise);
  if (packed) {
    result.latents = pack_latents(ctx, result.latents);
    for (Tensor& step : result.latents_per_step) step = pack_latents(ctx, step);
  }
  return TensorMap{{"latents", result.latents},
                   {"latents_per_step", stacked_steps(ctx, result.latents_per_step)},
                   {"image", result.images}};
}

}  // namespace diptych::golden
