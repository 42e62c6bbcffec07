// Several runs that are one to the user: their measurements together, their steps as one count.
#pragma once

#include <algorithm>
#include <chrono>
#include <utility>

#include "engine/diffusion/image_request.h"

namespace diptych::diffusion {

// Does the work and adds to the phase what it took; the arena's peak is measured anew.
template <typename F>
void measure_phase(Context& ctx, ImagePhase& phase, const F& work) {
  const Cost before = ctx.cost();
  ctx.arena()->trim();  // blocks of the last phase are of other sizes
  ctx.arena()->reset_peak();
  const auto start = std::chrono::steady_clock::now();
  work();
  phase.seconds += std::chrono::duration<double>(std::chrono::steady_clock::now() - start).count();
  phase.cost += ctx.cost() - before;
  phase.peak_bytes = std::max(phase.peak_bytes, ctx.arena()->use().total_peak_bytes);
}

Cost cost_times(Cost cost, double factor);
void add_pass(ImageResult& sum, const ImageResult& pass);  // all but images and latents

class PassProgress {
 public:
  // `passes` runs, of which later ones are taken to be as long as the one that is under way.
  PassProgress(ImageStepListener listener, int passes) : listener_(std::move(listener)), passes_(passes) {}

  ImageStepListener listener() const;
  void finish_pass(int evaluations);
  void expect(int evaluations_of_others) { of_others_ = evaluations_of_others; }  // of each later pass; 0: as this one

 private:
  ImageStepListener listener_;
  int passes_, done_ = 0, of_others_ = 0;
};

}  // namespace diptych::diffusion
