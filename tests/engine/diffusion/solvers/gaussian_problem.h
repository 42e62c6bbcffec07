// A problem whose solution is known: the data are Gaussian, so the best denoiser and the path of every sample along
// sigma have closed forms.
//   exploding  D(x; s) = (c^2 x + s^2 m) / (c^2 + s^2)   x(s) = m + k sqrt(c^2 + s^2)
//   flow       x is alpha (x0 + (s / alpha) e) with alpha = 1 - s, so the same with s / alpha for s
#pragma once

#include <cmath>
#include <vector>

#include "engine/diffusion/noise/noise_streams.h"
#include "engine/diffusion/solvers/model_sampling.h"
#include "engine/diffusion/solvers/sampler.h"

namespace diptych::diffusion::testing {

inline SchedulerConfig sd_config(Prediction prediction = Prediction::epsilon) {
  SchedulerConfig config;
  config.scheduler = SchedulerClass::euler;
  config.beta_schedule = BetaSchedule::scaled_linear;
  config.beta_start = 0.00085;
  config.beta_end = 0.012;
  config.prediction = prediction;
  return config;
}

inline SchedulerConfig flow_config(double shift = 3) {
  SchedulerConfig config;
  config.scheduler = SchedulerClass::flow_match_euler;
  config.shift = shift;
  return config;
}

struct Gaussian {
  double mean = 0.7, deviation = 0.5;

  // sigma: in exploding terms.
  double denoised(double x, double sigma) const {
    const double c = deviation * deviation, s = sigma * sigma;
    return (c * x + s * mean) / (c + s);
  }
  // Along the path of x = alpha x0 + sigma e; alpha is 1, or 1 - sigma on a flow.
  double transported(double x, double alpha, double sigma, double to_alpha, double to_sigma) const {
    const double place = (x - alpha * mean) / std::hypot(alpha * deviation, sigma);
    return to_alpha * mean + place * std::hypot(to_alpha * deviation, to_sigma);
  }
};

// Sigma of what the model is told, the inverse of ModelSampling::timestep_of().
inline double sigma_told(const ModelSampling& model, const SchedulerConfig& config, double timestep) {
  if (model.space() == Space::flow) return timestep / model.timesteps();
  return std::exp(config.training_schedule().log_sigma_at(timestep));
}

// Runs the solver on samples, in place, with the exact model.
inline void run(Solver& solver, const ModelSampling& model, const TrainingSchedule& training, const Gaussian& data,
                std::vector<float>& samples, NoiseSource& noise) {
  std::vector<float> output(samples.size());
  while (!solver.finished()) {
    const bool flow = model.space() == Space::flow;
    const double told = solver.timestep();
    const double s = flow ? told / model.timesteps() : std::exp(training.log_sigma_at(told));
    const double alpha = flow ? 1 - s : 1, sigma = s / alpha;
    for (size_t i = 0; i < samples.size(); ++i) {
      const double x = samples[i] / alpha;
      const double clean = alpha > 0 ? data.denoised(x, sigma) : data.mean;
      const double epsilon = (samples[i] - alpha * clean) / s;
      if (flow)
        output[i] = static_cast<float>(epsilon - clean);
      else if (model.prediction() == Prediction::v)
        output[i] = static_cast<float>((epsilon - s * clean) / std::sqrt(1 + s * s));
      else if (model.prediction() == Prediction::sample)
        output[i] = static_cast<float>(clean);
      else
        output[i] = static_cast<float>(epsilon);
    }
    solver.step(output, samples, noise);
  }
}

}  // namespace diptych::diffusion::testing
