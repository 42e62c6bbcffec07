// How far a job that makes pictures is, and how long it will take.
#pragma once

#include <optional>
#include <string>

#include "engine/api/image.h"
#include "engine/host/images/image_loader.h"
#include "engine/host/images/image_planner.h"
#include "engine/host/machine/clock.h"

namespace diptych::host {

class ImageProgressClock {
 public:
  ImageProgressClock(int runs, int pictures_per_run) : runs_(runs), pictures_per_run_(pictures_per_run) {}

  void begin_run(int run, const ImagePlan& plan);
  void left_device(double seconds) { away_s_ += seconds; }  // for others' work
  api::ImageProgress loading(double fraction) const;        // its step is a percentage
  api::ImageProgress at(const ImageRunStep& step);
  api::ImageProgress end_run();  // its pictures are being written

 private:
  double run_seconds() const;  // expected
  double since(SteadyClock::time_point begin) const;

  const int runs_, pictures_per_run_;
  int run_ = 0;
  const ImagePlan* plan_ = nullptr;
  SteadyClock::time_point begin_{}, denoising_{};
  double away_s_ = 0, away_before_denoising_s_ = 0;
  std::optional<double> step_s_, last_run_s_;
};

}  // namespace diptych::host
