#include "engine/diffusion/schedules/named_schedule.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>

#include "engine/core/error.h"
#include "tests/engine/diffusion/solvers/gaussian_problem.h"

namespace diptych::diffusion {
namespace {

using namespace testing;

TEST(NamedSchedule, AllFallFromTheTopToZero) {
  for (const SchedulerConfig& config : {testing::sd_config(), flow_config()}) {
    const ModelSampling model(config);
    for (const std::string& name : named_schedules()) {
      for (const int steps : {1, 2, 7, 30}) {
        const std::vector<float> sigmas = named_sigmas(parse_named_schedule(name), model, steps);
        ASSERT_GE(sigmas.size(), 2u) << name;
        EXPECT_TRUE(std::is_sorted(sigmas.rbegin(), sigmas.rend())) << name << " " << steps;
        EXPECT_EQ(std::adjacent_find(sigmas.begin(), sigmas.end()), sigmas.end()) << name << " " << steps;
        EXPECT_EQ(sigmas.back(), 0) << name;
        // ddim_uniform counts from the bottom and leaves out the top.
        const double least = name == "ddim_uniform" ? model.sigma_min() : 0.999 * model.sigma_max();
        EXPECT_GE(sigmas.front(), least) << name << " " << steps;
        EXPECT_LE(sigmas.front(), 1.0001 * model.sigma_max()) << name << " " << steps;
        if (name != "ddim_uniform") {
          EXPECT_EQ(sigmas.size(), static_cast<size_t>(steps) + 1) << name;
        }
      }
    }
  }
}

TEST(NamedSchedule, EndsAtTheLowestTrainedSigma) {
  const ModelSampling model(testing::sd_config());
  for (const auto schedule : {NamedSchedule::normal, NamedSchedule::karras, NamedSchedule::exponential,
                              NamedSchedule::polyexponential, NamedSchedule::kl_optimal}) {
    const std::vector<float> sigmas = named_sigmas(schedule, model, 20);
    EXPECT_NEAR(sigmas[19], model.sigma_min(), 1e-5);
  }
}

TEST(NamedSchedule, MoreStepsThanTrainedTimestepsLeaveNoStepOfLengthZero) {
  const std::vector<float> sigmas = named_sigmas(NamedSchedule::simple, ModelSampling(testing::sd_config()), 1500);
  EXPECT_EQ(std::adjacent_find(sigmas.begin(), sigmas.end()), sigmas.end());
}

TEST(NamedSchedule, FlowShiftMovesStepsTowardsNoise) {
  const std::vector<float> plain = named_sigmas(NamedSchedule::simple, ModelSampling(flow_config(1)), 10);
  const std::vector<float> shifted = named_sigmas(NamedSchedule::simple, ModelSampling(flow_config(3)), 10);
  EXPECT_NEAR(plain[5], 0.5, 1e-6);
  EXPECT_NEAR(shifted[5], 0.75, 1e-6);
  EXPECT_NEAR(shifted[0], 1, 1e-6);
}

TEST(NamedSchedule, TimestepsInvertSigmas) {
  for (const SchedulerConfig& config : {testing::sd_config(), flow_config()}) {
    const ModelSampling model(config);
    for (const double number : {0.0, 13.0, 500.0, 998.0, 999.0}) {
      const auto sigma = static_cast<float>(model.sigma_at(number));
      const double told = model.timestep_of(sigma);
      EXPECT_NEAR(sigma_told(model, config, told), sigma, 1e-4 * sigma) << number;
    }
  }
}

TEST(SamplerNames, SpellingsOfBothWorlds) {
  EXPECT_EQ(parse_sampler("Euler a").sampler, Sampler::euler_ancestral);
  EXPECT_EQ(parse_sampler("euler_ancestral").sampler, Sampler::euler_ancestral);
  EXPECT_EQ(parse_sampler("DPM++ 2S a").sampler, Sampler::dpmpp_2s_ancestral);
  EXPECT_EQ(parse_sampler("dpm_2_ancestral").sampler, Sampler::dpm2_ancestral);
  EXPECT_EQ(parse_sampler("UniPC").sampler, Sampler::uni_pc_bh2);
  const SamplerChoice both = parse_sampler("DPM++ 2M SDE Karras");
  EXPECT_EQ(both.sampler, Sampler::dpmpp_2m_sde);
  EXPECT_EQ(both.schedule, NamedSchedule::karras);
  EXPECT_EQ(parse_named_schedule("SGM Uniform"), NamedSchedule::sgm_uniform);
  for (const std::string& name : sampler_names()) EXPECT_NO_THROW(parse_sampler(name)) << name;
}

TEST(SamplerNames, UnknownNamesListTheKnownOnes) {
  for (const char* name : {"", "warp", "karras", "euler_warp"}) {
    try {
      parse_sampler(name);
      FAIL() << name;
    } catch (const Error& error) {
      EXPECT_EQ(error.category(), ErrorCategory::invalid_argument);
      EXPECT_NE(error.to_do().find("dpmpp_2m_sde"), std::string::npos);
    }
  }
  EXPECT_THROW(parse_named_schedule("steep"), Error);
}

// Every solver on every schedule and space gives finite samples, from 1 step on; 2 steps of Heun from sigma 14.6
// reach 12.
TEST(Samplers, AllCombinationsAreFinite) {
  const TrainingSchedule training = testing::sd_config().training_schedule();
  for (const SchedulerConfig& config : {testing::sd_config(), flow_config()}) {
    const ModelSampling model(config);
    for (const std::string& sampler : sampler_names()) {
      if (model.space() == Space::flow && sampler == "dpm2_a") continue;
      for (const std::string& schedule : named_schedules()) {
        for (const int steps : {1, 2, 3, 20}) {
          SamplerOptions options;
          options.steps = steps;
          const auto solver =
              make_sampler(parse_sampler(sampler).sampler, parse_named_schedule(schedule), model, options);
          std::vector<float> samples{-1.3f, 0.1f, 0.9f, 1.6f};
          for (float& sample : samples) sample *= solver->init_noise_sigma();
          PhiloxNoise noise(3);
          run(*solver, model, training, Gaussian(), samples, noise);
          for (const float sample : samples)
            EXPECT_LT(std::fabs(sample), 50) << sampler << " " << schedule << " " << steps;
        }
      }
    }
  }
}

// Steep shifts bring the first sigmas of many steps close to 1, where steps of no length would divide by 0.
TEST(Samplers, StayFiniteNearTheNoiseOfAFlow) {
  const ModelSampling model(testing::flow_config(25));
  for (const char* name : {"dpmpp_2m", "dpmpp_2m_sde", "dpmpp_3m_sde", "dpmpp_sde", "uni_pc", "uni_pc_bh2", "deis"}) {
    for (const int steps : {60, 100}) {
      SamplerOptions options;
      options.steps = steps;
      const auto solver = make_sampler(parse_sampler(name).sampler, NamedSchedule::beta, model, options);
      std::vector<float> samples{-1.3f, 0.1f, 0.9f, 1.6f};
      PhiloxNoise noise(3);
      run(*solver, model, testing::sd_config().training_schedule(), testing::Gaussian(), samples, noise);
      for (const float sample : samples) EXPECT_LT(std::fabs(sample), 50) << name << " " << steps;
    }
  }
}

// Half of the run on a sample that was noised to its middle.
TEST(Samplers, ImageToImageBeginsInTheMiddle) {
  const ModelSampling model(testing::sd_config());
  const auto solver = make_sampler(Sampler::heun, NamedSchedule::karras, model, {});
  const int skipped = skipped_evaluations(*solver, 20, 0.5);
  EXPECT_EQ(skipped, 20);  // ten steps of two evaluations
  solver->begin_at(skipped);
  std::vector<float> sample{1, 2};
  const std::vector<float> noise{0.5f, -1};
  solver->add_noise(sample, noise);
  const float sigma = solver->schedule().sigmas[20];
  EXPECT_FLOAT_EQ(sample[0], 1 + 0.5f * sigma);
  EXPECT_FLOAT_EQ(sample[1], 2 - sigma);
  EXPECT_EQ(skipped_evaluations(*solver, 20, 1), 0);
  EXPECT_EQ(skipped_evaluations(*solver, 20, 0), solver->evaluations());
  EXPECT_EQ(skipped_evaluations(*solver, 20, 0.01), 38) << "one step at least";
  EXPECT_EQ(skipped_evaluations(*solver, 20, 0.52), 20);
  EXPECT_EQ(skipped_evaluations(*solver, 20, 0.52, /*begins_early=*/true), 18);
}

}  // namespace
}  // namespace diptych::diffusion
