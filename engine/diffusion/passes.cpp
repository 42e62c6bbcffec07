#include "engine/diffusion/passes.h"

#include <algorithm>

namespace diptych::diffusion {
namespace {

void add_phase(ImagePhase& sum, const ImagePhase& phase) {
  sum.seconds += phase.seconds;
  sum.cost += phase.cost;
  sum.peak_bytes = std::max(sum.peak_bytes, phase.peak_bytes);
}

}  // namespace

Cost cost_times(Cost cost, double factor) {
  for (double* part : {&cost.flops, &cost.int8_flops, &cost.weight_bytes, &cost.read_bytes, &cost.written_bytes,
                       &cost.communicated_bytes}) {
    *part *= factor;
  }
  return cost;
}

void add_pass(ImageResult& sum, const ImageResult& pass) {
  add_phase(sum.enlarging, pass.enlarging);
  add_phase(sum.text, pass.text);
  add_phase(sum.denoising, pass.denoising);
  add_phase(sum.decoding, pass.decoding);
  for (const int step : pass.redone_steps) sum.redone_steps.push_back(sum.evaluations + step);
  sum.evaluations += pass.evaluations;
  sum.reused_evaluations += pass.reused_evaluations;
  sum.redone_text = sum.redone_text || pass.redone_text;
  sum.redone_picture = sum.redone_picture || pass.redone_picture;
}

ImageStepListener PassProgress::listener() const {
  if (!listener_) return {};
  return [this](const ImageStep& step) {
    if (step.step == 0 && done_ > 0) return;  // told as the end of the pass before
    const int later = (passes_ - 1) * (of_others_ > 0 ? of_others_ : step.steps);
    listener_(
        {.step = done_ + step.step, .steps = done_ + step.steps + later, .latents = step.latents, .clean = step.clean});
  };
}

void PassProgress::finish_pass(int evaluations) {
  done_ += evaluations;
  --passes_;
}

}  // namespace diptych::diffusion
