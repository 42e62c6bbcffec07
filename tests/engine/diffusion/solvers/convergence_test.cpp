// The global error of every deterministic solver falls with the right power of the step, and does not depend on how the
// model predicts.
#include <gtest/gtest.h>

#include <cmath>
#include <map>

#include "engine/diffusion/solvers/linear_multistep_solver.h"
#include "tests/engine/diffusion/solvers/gaussian_problem.h"

namespace diptych::diffusion {
namespace {

using namespace testing;

// What is left to compare at the end: the denoised sample at the lowest sigma, without the last step's own error.
double error_of(Sampler sampler, const SchedulerConfig& config, int steps) {
  const ModelSampling model(config);
  const TrainingSchedule training = testing::sd_config().training_schedule();
  const Gaussian data;
  SamplerOptions options;
  options.steps = steps;
  const bool flow = model.space() == Space::flow;
  const NamedSchedule schedule = flow ? NamedSchedule::simple : NamedSchedule::karras;
  const std::vector<float> sigmas = named_sigmas(schedule, model, steps);
  const auto solver = make_sampler_on(sampler, sigmas, model, options);
  const float first = solver->schedule().sigmas.front(), last = sigmas[sigmas.size() - 2];
  std::vector<float> samples{-1.0f, 0.3f, 1.4f};
  const double alpha = flow ? 1 - first : 1, end_alpha = flow ? 1 - last : 1;
  std::vector<double> exact;
  for (float& sample : samples) {
    sample *= solver->init_noise_sigma();
    const double at_end = data.transported(sample, alpha, first, end_alpha, last);
    exact.push_back(data.denoised(at_end / end_alpha, last / end_alpha));
  }
  PhiloxNoise unused(1);
  run(*solver, model, training, data, samples, unused);
  double error = 0;
  for (size_t i = 0; i < samples.size(); ++i) error = std::max(error, std::fabs(samples[i] - exact[i]));
  return error;
}

struct Expected {
  Sampler sampler;
  double order;
};

class Order : public ::testing::TestWithParam<Expected> {};

TEST_P(Order, OnSigma) {
  const auto [sampler, order] = GetParam();
  const double coarse = error_of(sampler, testing::sd_config(), 16), fine = error_of(sampler, testing::sd_config(), 64);
  const double observed = std::log2(coarse / fine) / 2;
  EXPECT_GT(observed, order - 0.25) << coarse << " to " << fine;
  if (order == 1) {
    EXPECT_LT(observed, 1.35);
  }
}

TEST_P(Order, AnyPredictionGivesTheSame) {
  const auto [sampler, order] = GetParam();
  const double epsilon = error_of(sampler, testing::sd_config(), 12);
  for (const Prediction prediction : {Prediction::v, Prediction::sample})
    EXPECT_NEAR(error_of(sampler, testing::sd_config(prediction), 12), epsilon, 2e-4);
}

INSTANTIATE_TEST_SUITE_P(Solvers, Order,
                         ::testing::Values(Expected{Sampler::euler, 1}, Expected{Sampler::ddim, 1},
                                           Expected{Sampler::heun, 2}, Expected{Sampler::dpm2, 2},
                                           Expected{Sampler::dpmpp_2m, 2}, Expected{Sampler::plms, 2},
                                           Expected{Sampler::lms, 1.7}, Expected{Sampler::deis, 2},
                                           Expected{Sampler::uni_pc, 2}, Expected{Sampler::uni_pc_bh2, 2}),
                         [](const auto& info) { return sampler_names()[static_cast<size_t>(info.param.sampler)]; });

TEST(Convergence, FlowEulerIsFirstOrder) {
  const double coarse = error_of(Sampler::euler, flow_config(), 25),
               fine = error_of(Sampler::euler, flow_config(), 100);
  EXPECT_NEAR(std::log2(coarse / fine) / 2, 1, 0.25);
}

TEST(Convergence, FlowHeunIsSecondOrder) {
  const double coarse = error_of(Sampler::heun, flow_config(), 20), fine = error_of(Sampler::heun, flow_config(), 50);
  EXPECT_GT(std::log(coarse / fine) / std::log(2.5), 1.7);
}

TEST(Convergence, TwoStepsPerStepBeatOne) {
  EXPECT_LT(error_of(Sampler::heun, testing::sd_config(), 20), error_of(Sampler::euler, testing::sd_config(), 40));
  EXPECT_LT(error_of(Sampler::dpmpp_2m, testing::sd_config(), 20), error_of(Sampler::euler, testing::sd_config(), 20));
}

// A polynomial of the third degree is integrated exactly by the fourth-order coefficients, whatever the steps.
TEST(Convergence, LmsCoefficientsIntegrateCubics) {
  const std::vector<float> sigmas{9, 6.5f, 4, 2.75f, 1};
  const auto cubic = [](double s) { return 2 - s + 0.5 * s * s - 0.1 * s * s * s; };
  const auto integral = [](double s) { return 2 * s - s * s / 2 + 0.5 * s * s * s / 3 - 0.1 * s * s * s * s / 4; };
  double sum = 0;
  for (int which = 0; which < 4; ++which)
    sum += lms_coefficient(sigmas, 4, 3, which) * cubic(sigmas[static_cast<size_t>(3 - which)]);
  EXPECT_NEAR(sum, integral(1) - integral(2.75), 1e-9);
}

}  // namespace
}  // namespace diptych::diffusion
