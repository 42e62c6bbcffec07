// Stochastic solvers end in the distribution of the data: noise that is put aside and noise that is added balance.
#include <gtest/gtest.h>

#include <cmath>
#include <map>

#include "engine/core/error.h"
#include "tests/engine/diffusion/solvers/gaussian_problem.h"

namespace diptych::diffusion {
namespace {

using namespace testing;

struct Moments {
  double mean, deviation;
};

Moments sampled(Sampler sampler, const SchedulerConfig& config, std::optional<double> eta, int steps = 100) {
  const ModelSampling model(config);
  const TrainingSchedule training = testing::sd_config().training_schedule();
  SamplerOptions options;
  options.steps = steps;
  options.eta = eta;
  const NamedSchedule schedule = model.space() == Space::flow ? NamedSchedule::simple : NamedSchedule::karras;
  const auto solver = make_sampler(sampler, schedule, model, options);
  std::vector<float> samples(20000);
  PhiloxNoise noise(7);
  noise.fill_normal(samples);
  for (float& sample : samples) sample *= solver->init_noise_sigma();
  run(*solver, model, training, Gaussian(), samples, noise);
  double sum = 0, squares = 0;
  for (const float sample : samples) sum += sample, squares += static_cast<double>(sample) * sample;
  const double mean = sum / static_cast<double>(samples.size());
  return {mean, std::sqrt(squares / static_cast<double>(samples.size()) - mean * mean)};
}

// A hundred first-order steps leave a deviation of 0.47 to 0.5; without their noise it would be near 0.
constexpr double close = 0.045;

class Stochastic : public ::testing::TestWithParam<Sampler> {};

TEST_P(Stochastic, EndsInTheDistributionOfTheData) {
  const Moments moments = sampled(GetParam(), testing::sd_config(), {});
  EXPECT_NEAR(moments.mean, Gaussian().mean, close);
  EXPECT_NEAR(moments.deviation, Gaussian().deviation, close);
}

TEST_P(Stochastic, EndsInTheDistributionOfTheDataOnAFlow) {
  if (GetParam() == Sampler::dpm2_ancestral) {
    EXPECT_THROW(sampled(GetParam(), flow_config(), {}), Error);
    return;
  }
  const Moments moments = sampled(GetParam(), flow_config(), {});
  EXPECT_NEAR(moments.mean, Gaussian().mean, close);
  EXPECT_NEAR(moments.deviation, Gaussian().deviation, close);
}

INSTANTIATE_TEST_SUITE_P(Solvers, Stochastic,
                         ::testing::Values(Sampler::euler_ancestral, Sampler::dpm2_ancestral,
                                           Sampler::dpmpp_2s_ancestral, Sampler::dpmpp_sde, Sampler::dpmpp_2m_sde,
                                           Sampler::dpmpp_3m_sde, Sampler::ddpm),
                         [](const auto& info) { return sampler_names()[static_cast<size_t>(info.param)]; });

TEST(Distribution, DdimWithAnyEta) {
  for (const double eta : {0.0, 0.4, 1.0}) {
    const Moments moments = sampled(Sampler::ddim, testing::sd_config(), eta);
    EXPECT_NEAR(moments.deviation, Gaussian().deviation, close) << eta;
  }
}

// Less noise is added, and less put aside for it.
TEST_P(Stochastic, EndsInTheDistributionOfTheDataWithAnyEta) {
  for (const double eta : {0.0, 0.4}) {
    const Moments moments = sampled(GetParam(), testing::sd_config(), eta);
    EXPECT_NEAR(moments.mean, Gaussian().mean, close) << eta;
    EXPECT_NEAR(moments.deviation, Gaussian().deviation, close) << eta;
    if (GetParam() == Sampler::dpm2_ancestral) continue;
    EXPECT_NEAR(sampled(GetParam(), flow_config(), eta).deviation, Gaussian().deviation, close) << eta;
  }
}

// Without noise a run depends on its beginning alone; with it, on what is drawn.
TEST_P(Stochastic, AddsNoNoiseWithAnEtaOfZero) {
  for (const double eta : {0.0, 0.5}) {
    const ModelSampling model(testing::sd_config());
    SamplerOptions options;
    options.steps = 6;
    options.eta = eta;
    std::vector<std::vector<float>> ends;
    for (const uint64_t seed : {1, 2}) {
      const auto solver = make_sampler(GetParam(), NamedSchedule::karras, model, options);
      std::vector<float> sample{1, -1};
      for (float& value : sample) value *= solver->init_noise_sigma();
      PhiloxNoise noise(seed);
      run(*solver, model, testing::sd_config().training_schedule(), Gaussian(), sample, noise);
      ends.push_back(sample);
    }
    EXPECT_EQ(ends[0] == ends[1], eta == 0) << eta;
  }
}

// One consistency step returns the denoiser's mean: no spread is left but that of the last noise.
TEST(Distribution, LcmEndsAtTheDenoisedSample) {
  const Moments moments = sampled(Sampler::lcm, testing::sd_config(), {}, 1);
  EXPECT_NEAR(moments.mean, Gaussian().mean, 0.02);
  EXPECT_LT(moments.deviation, 0.1);
}

}  // namespace
}  // namespace diptych::diffusion
