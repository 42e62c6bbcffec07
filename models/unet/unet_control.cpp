#include "models/unet/unet_control.h"

#include <cassert>

#include "engine/core/error.h"
#include "engine/ops/elementwise.h"

namespace diptych::models {
namespace {

[[noreturn]] void refuse_residuals(const std::string& thing, const std::string& why, const std::string& to_do) {
  throw Error(ErrorCategory::invalid_argument, "cannot run UNet2DConditionModel", thing, why, to_do);
}

}  // namespace

ControlPoints control_points_of(const UnetConfig& config) {
  ControlPoints points{
      .skips = {config.levels.front().channels}, .levels = {}, .middle = config.levels.back().channels};
  for (size_t level = 0; level < config.levels.size(); ++level) {
    const UnetLevel& own = config.levels[level];
    const bool halved = level + 1 < config.levels.size();
    points.skips.insert(points.skips.end(), static_cast<size_t>(own.layers + (halved ? 1 : 0)), own.channels);
    points.levels.push_back(own.channels);
  }
  return points;
}

bool fits_residual(const Tensor& x, const Tensor& residual) {
  return residual.dtype() == DType::f32 && residual.shape().rank() == 4 && residual.contiguous() &&
         residual.dim(0) > 0 && residual.shape() == x.shape().with(0, residual.dim(0)) &&
         (residual.dim(0) == 1 || residual.dim(0) == x.dim(0));
}

Tensor with_residual(Context& ctx, const Tensor& x, const Tensor& residual) {
  if (!residual) return x;
  if (!fits_residual(x, residual)) {
    refuse_residuals("a residual",
                     "its shape (rows, height, width, channels) is " + residual.shape().str() +
                         " where the network has " + x.shape().str(),
                     "choose a control model of the same family, with a picture as large as the image");
  }
  const auto flat = [&](const Tensor& t) { return t.reshape({t.elements() / t.dim(3), t.dim(3)}); };
  return add_rows(ctx, flat(x), flat(residual)).reshape(x.shape());
}

void check_residual_counts(const ControlResiduals& control, size_t skips, size_t levels) {
  if (!control.skips.empty() && control.skips.size() != skips) {
    refuse_residuals("down_block_additional_residuals", "there are " + std::to_string(control.skips.size()),
                     "give " + std::to_string(skips) + ", one for each place of the way down");
  }
  if (control.levels.size() > levels + 1) {
    refuse_residuals("down_intrablock_additional_residuals", "there are " + std::to_string(control.levels.size()),
                     "give up to " + std::to_string(levels + 1) + ", one for each level and one for the middle");
  }
}

void check_attentions(const DenoiserInfo& info, const DenoiserInput& input) {
  [[maybe_unused]] const size_t rows = input.timesteps.size(), layers = info.cross_attentions.size();
  for ([[maybe_unused]] const ImagePrompt& prompt : input.image_prompts) {
    assert(prompt.keys.size() == layers && prompt.values.size() == layers && prompt.pictures.size() == rows);
  }
  assert(input.perturbed.layers.empty() || input.perturbed.layers.size() == layers);
  assert(input.perturbed.first >= 0 && input.perturbed.first <= static_cast<int64_t>(rows));
}

}  // namespace diptych::models
