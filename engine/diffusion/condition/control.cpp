#include "engine/diffusion/condition/control.h"

#include <algorithm>
#include <cmath>
#include <string>

#include "engine/core/error.h"
#include "engine/ops/elementwise.h"
#include "engine/ops/join.h"

namespace diptych::diffusion {
namespace {

[[noreturn]] void refuse_control(const ControlModelInfo& control, const std::string& why, const std::string& to_do) {
  throw Error(ErrorCategory::invalid_argument, "cannot use control model",
              control.name + " (" + control.architecture + ")", why, to_do);
}

std::string listed(const std::vector<int64_t>& channels) {
  std::string text;
  for (const int64_t n : channels) text += (text.empty() ? "" : ", ") + std::to_string(n);
  return text;
}

// As many levels from the first one on, and one more in the middle.
bool levels_fit(const ControlPoints& adapter, const ControlPoints& unet) {
  for (size_t i = 0; i < adapter.levels.size(); ++i) {
    const bool middle = i == unet.levels.size();
    if (i > unet.levels.size() || adapter.levels[i] != (middle ? unet.middle : unet.levels[i])) return false;
  }
  return true;
}

bool active_at(const ControlRequest& request, int place, int places) {
  const double n = places;
  return place / n >= request.begin && (place + 1) / n <= request.end;
}

// Brightness (ITU-R BT.601), for models that read one channel.
Tensor brightness_of(Context& ctx, const Tensor& image) {
  Tensor grey = ctx.output({image.dim(0), 1, image.dim(2), image.dim(3)});
  if (grey.is_meta()) return grey;
  const auto pixels = static_cast<size_t>(image.dim(2) * image.dim(3));
  const auto values = image.span<float>();
  for (size_t i = 0; i < pixels; ++i) {
    grey.data<float>()[i] = 0.299f * values[i] + 0.587f * values[pixels + i] + 0.114f * values[2 * pixels + i];
  }
  return grey;
}

// The rows of a question from `first` on, as far as control models read them.
DenoiserInput rows_from(const DenoiserInput& question, int64_t first) {
  const int64_t rows = question.sample.dim(0);
  const auto cut = [&](const Tensor& x) { return x ? x.slice(0, first, rows) : x; };
  DenoiserInput part;
  part.sample = cut(question.sample);
  part.timesteps.assign(question.timesteps.begin() + first, question.timesteps.end());
  part.text = cut(question.text);
  if (!question.text_lengths.empty()) {
    part.text_lengths.assign(question.text_lengths.begin() + first, question.text_lengths.end());
  }
  part.pooled = cut(question.pooled);
  part.time_ids = cut(question.time_ids);
  return part;
}

// With `rows` rows of nothing in front.
Tensor behind_nothing(Context& ctx, const Tensor& x, int64_t rows) {
  if (!x) return x;
  Tensor nothing = ctx.output(x.shape().with(0, rows));
  if (!nothing.is_meta()) std::ranges::fill(nothing.span<float>(), 0.0f);
  return concat(ctx, nothing, x, 0);
}

void join(Context& ctx, Tensor& sum, const Tensor& x) {
  if (!x) return;
  sum = sum ? add(ctx, sum, x) : x;
}

void join(Context& ctx, std::vector<Tensor>& sums, const std::vector<Tensor>& xs) {
  if (sums.size() < xs.size()) sums.resize(xs.size());
  for (size_t i = 0; i < xs.size(); ++i) join(ctx, sums[i], xs[i]);
}

}  // namespace

void check_control(const ImageModel& model, const ControlRequest& request, int64_t width, int64_t height) {
  const ControlModelInfo& control = request.model->info();
  const DenoiserInfo& denoiser = model.denoiser->info();
  const std::string of_pipeline = denoiser.architecture + " of this " + model.pipeline;
  const char* other = "choose a control model of the same family as the pipeline";
  const ControlPoints& points = denoiser.control_points;
  if (points.skips.empty())
    refuse_control(control, of_pipeline + " takes none", "leave it out, or choose a UNet's pipeline");
  if (!control.points.skips.empty() &&
      (control.points.skips != points.skips || control.points.middle != points.middle)) {
    refuse_control(control,
                   "it adds to blocks of " + listed(control.points.skips) + " channels, the " + of_pipeline + " has " +
                       listed(points.skips),
                   other);
  }
  if (!levels_fit(control.points, points)) {
    refuse_control(control,
                   "it adds to levels of " + listed(control.points.levels) + " channels, the " + of_pipeline + " has " +
                       listed(points.levels) + " and " + std::to_string(points.middle) + " in the middle",
                   other);
  }
  if (control.text_width > 0 && control.text_width != denoiser.text_width) {
    refuse_control(control,
                   "it reads texts of width " + std::to_string(control.text_width) + ", the " + of_pipeline +
                       " those of width " + std::to_string(denoiser.text_width),
                   other);
  }
  if (control.size_conditioned && !denoiser.size_conditioned) {
    refuse_control(control, "it reads sizes, the " + of_pipeline + " is told none", other);
  }
  if (control.in_channels > 0 && control.in_channels != model.latent_channels()) {
    refuse_control(control,
                   "it reads latents of " + std::to_string(control.in_channels) + " channels, this " + model.pipeline +
                       " has " + std::to_string(model.latent_channels()),
                   other);
  }
  const int64_t scale = model.autoencoder->info().scale;
  if (control.image_scale > 0 && control.image_scale != scale) {
    refuse_control(control,
                   "it sees " + std::to_string(control.image_scale) + " pixels of a side as one latent, this " +
                       model.pipeline + " " + std::to_string(scale),
                   other);
  }
  if (control.image_channels != 1 && control.image_channels != 3) {
    refuse_control(control, "its pictures have " + std::to_string(control.image_channels) + " channels",
                   "choose one that reads colours or grey");
  }
  const Shape wanted{1, 3, height, width};
  if (!request.image || request.image.dtype() != DType::f32 || request.image.shape() != wanted) {
    refuse_control(control, request.image ? "its picture is " + request.image.shape().str() : "it has no picture",
                   "give f32 " + wanted.str());
  }
  if (width % control.side_multiple != 0 || height % control.side_multiple != 0) {
    refuse_control(control, "the image is " + std::to_string(width) + " x " + std::to_string(height) + " pixels",
                   "take sides that are multiples of " + std::to_string(control.side_multiple));
  }
  if (!std::isfinite(request.scale) || !(request.begin >= 0 && request.begin <= request.end && request.end <= 1)) {
    refuse_control(control,
                   "its scale " + std::to_string(request.scale) + " from " + std::to_string(request.begin) + " to " +
                       std::to_string(request.end) + " of the run makes no sense",
                   "give a finite scale, and a begin and end between 0 and 1");
  }
  if (request.guess && control.points.skips.empty()) {
    refuse_control(control, "only a ControlNet has a guess mode", "leave the guess mode out");
  }
}

Controls::Controls(Context& ctx, const std::vector<ControlRequest>& requests) {
  for (const ControlRequest& request : requests) {
    const bool grey = request.model->info().image_channels == 1;
    const Tensor image = grey ? brightness_of(ctx, request.image) : request.image;
    controls_.push_back({request, request.model->prepare(ctx, image)});
  }
}

void Controls::add_to(Context& ctx, DenoiserInput& question, int place, int places, int64_t unconditional) const {
  const int64_t rows = question.sample.dim(0);
  for (const Prepared& one : controls_) {
    const ControlRequest& request = one.request;
    if (!ctx.is_meta() && !active_at(request, place, places)) continue;
    const bool pooled = request.model->info().pooled;
    const int64_t left_alone = request.guess || pooled ? unconditional : 0;
    if (left_alone == rows) continue;
    const DenoiserInput part = left_alone == 0 ? question : rows_from(question, left_alone);
    ControlResiduals found =
        scaled(ctx, request.model->forward(ctx, part, one.picture), request.scale, request.guess && !pooled);
    if (left_alone > 0) {
      for (Tensor& skip : found.skips) skip = behind_nothing(ctx, skip, left_alone);
      found.middle = behind_nothing(ctx, found.middle, left_alone);
    }
    join(ctx, question.control.skips, found.skips);
    join(ctx, question.control.middle, found.middle);
    join(ctx, question.control.levels, found.levels);
  }
}

}  // namespace diptych::diffusion
