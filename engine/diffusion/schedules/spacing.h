// Which training timesteps a run visits, and the number sequences this rests on, as NumPy and PyTorch compute them:
// a timestep that lies on a half must round to the same side.
#pragma once

#include <vector>

namespace diptych::diffusion {

// count values from start to stop, both included; one value is `start`.
std::vector<double> linspace(double start, double stop, int count);

// In float, from both ends towards the middle, as torch.linspace does.
std::vector<float> linspace_float(double start, double stop, int count);

enum class Spacing { linspace, leading, trailing };

// `steps` timesteps from high to low. linspace: from the last training timestep to 0, not rounded unless `rounded`;
// leading: multiples of train / steps, plus `offset`; trailing: from the last one down by train / steps (whose count
// may differ from `steps` by one where the division is inexact).
std::vector<double> spaced_timesteps(Spacing spacing, int train, int steps, int offset, bool rounded);

// The same for solvers of the DPM family, whose last sigma belongs to no timestep: steps + 1 points without the last.
// `last` is the number of usable training timesteps (fewer than `train` where large lambdas are clipped).
std::vector<double> spaced_timesteps_open(Spacing spacing, int train, int last, int steps, int offset);

}  // namespace diptych::diffusion
