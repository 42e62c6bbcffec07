#include "engine/host/images/image_progress.h"

#include <algorithm>
#include <string_view>

namespace diptych::host {

double ImageProgressClock::since(SteadyClock::time_point begin) const {
  return std::chrono::duration<double>(SteadyClock::now() - begin).count();
}

void ImageProgressClock::begin_run(int run, const ImagePlan& plan) {
  run_ = run;
  plan_ = &plan;
  begin_ = denoising_ = SteadyClock::now();
  away_s_ = away_before_denoising_s_ = 0;
}

api::ImageProgress ImageProgressClock::loading(double fraction) const {
  api::ImageProgress progress;
  progress.phase = "loading";
  progress.progress = static_cast<double>(run_) / runs_;
  progress.image = run_ * pictures_per_run_;
  progress.images = runs_ * pictures_per_run_;
  progress.step = static_cast<int>(fraction * 100);
  progress.steps = 100;
  return progress;
}

double ImageProgressClock::run_seconds() const {
  if (last_run_s_) return *last_run_s_;
  return plan_->run_seconds.value.value_or(0);
}

api::ImageProgress ImageProgressClock::at(const ImageRunStep& step) {
  const std::string_view phase = step.phase;
  api::ImageProgress progress;
  progress.phase = step.phase;
  progress.step = step.step;
  progress.steps = step.steps;
  progress.image = run_ * pictures_per_run_;
  progress.images = runs_ * pictures_per_run_;
  if (phase == "denoising" && step.step == 0) {
    denoising_ = SteadyClock::now();
    away_before_denoising_s_ = away_s_;
  }
  if (step.step > 0 && phase == "denoising") {
    step_s_ = (since(denoising_) - (away_s_ - away_before_denoising_s_)) / step.step;
  }
  if (phase != "enlarging") progress.seconds_per_step = step_s_ ? step_s_ : plan_->step_seconds.value;

  // What is left of this run, then the runs that follow. Decoding is to denoising as its declared operations are.
  double fraction = 0, left = 0;
  bool known = step_s_.has_value() || plan_->run_seconds.value.has_value();
  const ImagePrediction& predicted = plan_->prediction;
  const double decoding_share =
      predicted.denoising.flops > 0 ? predicted.decoding.flops / predicted.denoising.flops : 0;
  const double step_s = progress.seconds_per_step.value_or(0);
  const int steps = std::max(1, step.steps > 0 ? step.steps : predicted.evaluations);
  const double decoding_s = decoding_share * step_s * steps;
  const double whole = 1 + decoding_share;
  const double all_flops = predicted.enlarging.flops + predicted.denoising.flops + predicted.decoding.flops;
  const double enlarging_share = all_flops > 0 ? predicted.enlarging.flops / all_flops : 0;
  if (phase == "denoising") {
    fraction = static_cast<double>(step.step) / steps / whole;
    left = step_s * (steps - step.step) + decoding_s;
  } else if (phase == "enlarging") {
    const double done = step.steps > 0 ? static_cast<double>(step.step) / step.steps : 0;
    fraction = done * enlarging_share;
    left = run_seconds() * (1 - fraction);
    if (step.step > 0) {
      const double enlarging_s = (since(begin_) - away_s_) / done;
      left = enlarging_s * (1 - done) + run_seconds() * (1 - enlarging_share);
      known = known || enlarging_share == 1;
    }
  } else if (phase == "decoding") {
    fraction = 1 / whole;
    left = decoding_s;
  } else {
    left = run_seconds();
  }
  if (phase == "denoising" || phase == "decoding") fraction = enlarging_share + (1 - enlarging_share) * fraction;
  progress.progress = (run_ + fraction) / runs_;
  if (known) {
    const double next = last_run_s_ ? *last_run_s_ : std::max(run_seconds(), step_s * steps + decoding_s);
    progress.seconds_left = left + (runs_ - run_ - 1) * next;
  }
  return progress;
}

api::ImageProgress ImageProgressClock::end_run() {
  last_run_s_ = since(begin_) - away_s_;
  api::ImageProgress progress;
  progress.phase = "saving";
  progress.progress = static_cast<double>(run_ + 1) / runs_;
  progress.image = (run_ + 1) * pictures_per_run_;
  progress.images = runs_ * pictures_per_run_;
  progress.seconds_per_step = step_s_;
  progress.seconds_left = (runs_ - run_ - 1) * *last_run_s_;
  return progress;
}

}  // namespace diptych::host
