// Hears of every op of an image run: lets others have the device between two of them, and hands on what was computed.
#pragma once

#include <array>
#include <string_view>
#include <utility>

#include "engine/core/context.h"
#include "engine/host/images/image_loader.h"

namespace diptych::host {

enum RunPhase : size_t { enlarging_phase, text_phase, denoising_phase, decoding_phase, run_phases };

class RunTracer final : public Tracer {
 public:
  RunTracer(const ImageRunHooks& hooks, RunPhase first) : phase(first), hooks_(hooks) {}

  void op(std::string_view, const Cost& cost) override {
    if (hooks_.between) away_s_[phase] += hooks_.between();
    pending_ += cost;
    if (++ops_ % 64 == 0) hand_on();
  }
  void hand_on() {
    if (hooks_.computed) hooks_.computed(std::exchange(pending_, {}));
  }
  // Of a phase that took so long, what was the run's own.
  ImagePart part(RunPhase of, double seconds, const Cost& cost) const { return {seconds - away_s_[of], cost}; }

  RunPhase phase;

 private:
  const ImageRunHooks& hooks_;
  Cost pending_;
  int ops_ = 0;
  std::array<double, run_phases> away_s_{};
};

// The context's guests leave with the run.
class RunGuests {
 public:
  RunGuests(Context& ctx, Tracer& tracer, const CancelToken& cancel) : ctx_(ctx) {
    ctx_.tracer = &tracer;
    ctx_.cancel = cancel;
  }
  ~RunGuests() {
    ctx_.tracer = nullptr;
    ctx_.cancel = {};
  }
  RunGuests(const RunGuests&) = delete;
  RunGuests& operator=(const RunGuests&) = delete;

 private:
  Context& ctx_;
};

// Tiles of a network as steps of a run.
inline ImageRunStep enlarging_step(int done, int tiles) {
  ImageRunStep step;
  step.phase = "enlarging";
  step.step = done;
  step.steps = tiles;
  return step;
}

}  // namespace diptych::host
