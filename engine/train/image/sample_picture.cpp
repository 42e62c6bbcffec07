#include "engine/train/image/sample_picture.h"

#include <algorithm>
#include <charconv>

#include "engine/diffusion/noise/noise_streams.h"

namespace diptych::train {
namespace {

constexpr int most_sample_steps = 20;

int64_t at_most_multiple(int64_t side, int64_t multiple) {
  return std::max(multiple, side / multiple * multiple);
}

}  // namespace

diffusion::ImageRequest sample_request(const diffusion::ImageModel& model, const Recipe& recipe,
                                       const std::string& prompt) {
  diffusion::ImageRequest request;
  if (model.family == diffusion::ImageFamily::dit) {
    int32_t label = 0;
    std::from_chars(prompt.data(), prompt.data() + prompt.size(), label);
    request.classes = {label};
  } else {
    request.prompt = prompt;
  }
  request.clip_skip = recipe.image.clip_skip;
  request.steps = std::min(most_sample_steps, diffusion::traits_of(model.family).usual.steps);
  request.width = at_most_multiple(recipe.image.width, model.side_multiple());
  request.height = at_most_multiple(recipe.image.height, model.side_multiple());
  return diffusion::completed(model, request);
}

diffusion::ImageResult sample_picture(Context& ctx, ImageBase& base, const Recipe& recipe, const std::string& prompt) {
  const diffusion::ImageModel& model = base.with_encoders(ctx);
  diffusion::PhiloxNoise noise(recipe.seed);
  base.sampling_peak_bytes = std::max(base.sampling_peak_bytes, ctx.arena()->use().total_peak_bytes);
  diffusion::ImageResult result = diffusion::make_images(ctx, model, sample_request(model, recipe, prompt), noise);
  base.sampling_peak_bytes = std::max(base.sampling_peak_bytes, result.peak_bytes());
  return result;
}

}  // namespace diptych::train
