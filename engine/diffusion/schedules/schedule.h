// What every part of sampling speaks of: the points that a run visits and the form in which a model predicts.
#pragma once

#include <string>
#include <string_view>
#include <vector>

namespace diptych::diffusion {

// The points of one run. A solver that evaluates the model twice per step has two timesteps per step.
struct Schedule {
  std::vector<float> timesteps;    // one per model evaluation, what the model is told
  std::vector<float> sigmas;       // noise levels; empty for solvers that work on alphas alone
  bool integer_timesteps = false;  // every timestep is a whole number (the reference stores int64)
};

// What the model's output stands for.
enum class Prediction { epsilon, v, sample, flow };

// How a noisy sample is made of the clean one x0 and of noise e at the noise level s:
//   preserving  (x0 + s e) / sqrt(1 + s^2)   what diffusers' DPM family keeps between steps
//   exploding    x0 + s e                    k-diffusion; the model's input is divided by sqrt(1 + s^2)
//   flow        (1 - s) x0 + s e             flow matching (rectified flow)
enum class Space { preserving, exploding, flow };

struct Mix {
  float alpha;  // weight of x0
  float sigma;  // weight of noise
};

Mix mix_at(Space space, float sigma);

const char* prediction_name(Prediction prediction);

}  // namespace diptych::diffusion
