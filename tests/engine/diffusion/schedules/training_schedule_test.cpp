#include "engine/diffusion/schedules/training_schedule.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>

#include "engine/diffusion/schedules/sigma_spacing.h"
#include "engine/diffusion/schedules/spacing.h"

namespace diptych::diffusion {
namespace {

TEST(TrainingSchedule, StableDiffusionsEnds) {
  const TrainingSchedule schedule(betas_of(BetaSchedule::scaled_linear, 0.00085, 0.012, 1000));
  EXPECT_EQ(schedule.timesteps(), 1000);
  // sqrt(0.00085 / 0.99915); alpha is rounded to a float near 1, which moves sigma by up to 2^-25 / (2 sigma).
  EXPECT_NEAR(schedule.sigmas().front(), 0.0291671582, 0x1p-24 / (2 * 0.0291671582));
  EXPECT_NEAR(schedule.sigmas().back(), 14.6146, 1e-4);
  EXPECT_TRUE(std::is_sorted(schedule.sigmas().begin(), schedule.sigmas().end()));
}

TEST(TrainingSchedule, EveryBetaScheduleLosesSignalMonotonically) {
  for (const auto kind : {BetaSchedule::linear, BetaSchedule::scaled_linear, BetaSchedule::squaredcos_cap_v2,
                          BetaSchedule::exp, BetaSchedule::laplace, BetaSchedule::sigmoid}) {
    const TrainingSchedule schedule(betas_of(kind, 0.0001, 0.02, 500));
    const auto alphas = schedule.alphas_cumprod();
    EXPECT_TRUE(std::is_sorted(alphas.rbegin(), alphas.rend()));
    EXPECT_GT(alphas.back(), 0);
    EXPECT_LT(alphas.front(), 1);
  }
}

TEST(TrainingSchedule, ZeroTerminalSnrKeepsTheFirstAndEmptiesTheLast) {
  const std::vector<float> betas = betas_of(BetaSchedule::scaled_linear, 0.00085, 0.012, 1000);
  const std::vector<float> rescaled = rescale_to_zero_terminal_snr(betas);
  const TrainingSchedule schedule(rescaled);
  EXPECT_NEAR(schedule.alphas_cumprod().front(), 1 - betas[0], 1e-6);
  EXPECT_EQ(schedule.alphas_cumprod().back(), 0);
  EXPECT_NEAR(TrainingSchedule(rescaled, 0x1p-24f).sigmas().back(), 4096, 1);
}

TEST(TrainingSchedule, TimestepAndSigmaInvertEachOther) {
  const TrainingSchedule schedule(betas_of(BetaSchedule::linear, 0.0001, 0.02, 1000));
  for (const double t : {0.0, 0.5, 17.25, 640.0, 998.9, 999.0})
    EXPECT_NEAR(schedule.timestep_of(std::exp(schedule.log_sigma_at(t))), t, 1e-4);
  EXPECT_EQ(schedule.timestep_of(0), 0);      // below the first
  EXPECT_EQ(schedule.timestep_of(1e9), 999);  // above the last
  EXPECT_EQ(schedule.sigma_at(5000), schedule.sigmas().back());
}

TEST(Spacing, LeadingLinspaceAndTrailing) {
  EXPECT_EQ(spaced_timesteps(Spacing::leading, 1000, 4, 1, true), (std::vector<double>{751, 501, 251, 1}));
  EXPECT_EQ(spaced_timesteps(Spacing::linspace, 1000, 4, 0, true), (std::vector<double>{999, 666, 333, 0}));
  EXPECT_EQ(spaced_timesteps(Spacing::trailing, 1000, 4, 0, true), (std::vector<double>{999, 749, 499, 249}));
  EXPECT_EQ(spaced_timesteps_open(Spacing::linspace, 1000, 1000, 4, 0), (std::vector<double>{999, 749, 500, 250}));
  EXPECT_EQ(spaced_timesteps_open(Spacing::leading, 1000, 1000, 4, 0), (std::vector<double>{800, 600, 400, 200}));
}

TEST(SigmaSpacing, EndsAndMiddle) {
  for (const auto& sigmas : {karras_sigmas(0.1, 10, 9), exponential_sigmas(0.1, 10, 9), beta_sigmas(0.1, 10, 9),
                             polyexponential_sigmas(0.1, 10, 9, 1.5), kl_optimal_sigmas(0.1, 10, 9)}) {
    EXPECT_EQ(sigmas.size(), 9u);
    EXPECT_NEAR(sigmas.front(), 10, 1e-12);
    EXPECT_NEAR(sigmas.back(), 0.1, 1e-12);
    EXPECT_TRUE(std::is_sorted(sigmas.rbegin(), sigmas.rend()));
  }
  EXPECT_NEAR(exponential_sigmas(0.1, 10, 9)[4], 1, 1e-12);
  EXPECT_NEAR(beta_sigmas(0.1, 10, 9)[4], 5.05, 1e-12);
}

TEST(SigmaSpacing, FlowShifts) {
  EXPECT_EQ(shift_flow(1, 3), 1);
  EXPECT_NEAR(shift_flow(0.5, 3), 0.75, 1e-15);
  EXPECT_NEAR(shift_flow_exponential(0.5, std::log(3)), 0.75, 1e-15);
  std::vector<double> sigmas{1, 0.5, 0.25};
  stretch_to_terminal(sigmas, 0.1);
  EXPECT_NEAR(sigmas.back(), 0.1, 1e-15);
  EXPECT_EQ(sigmas.front(), 1);
  EXPECT_NEAR(dynamic_shift_mu(256, 256, 4096, 0.5, 1.15), 0.5, 1e-12);
  EXPECT_NEAR(dynamic_shift_mu(4096, 256, 4096, 0.5, 1.15), 1.15, 1e-12);
}

}  // namespace
}  // namespace diptych::diffusion
