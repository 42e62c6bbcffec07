// Runs that a configuration does not allow, and what holds for every class. Values are compared in the golden cases.
#include "engine/diffusion/solvers/scheduler_run.h"

#include <gtest/gtest.h>

#include <cmath>
#include <string>

#include "engine/core/error.h"
#include "engine/diffusion/noise/noise_streams.h"

namespace diptych::diffusion {
namespace {

std::unique_ptr<Solver> made(const std::string& name, const RunRequest& request, const std::string& more = "") {
  return make_solver(parse_scheduler_config("{\"_class_name\": \"" + name + "\"" + more + "}", "test"), request);
}

RunRequest steps(int count) {
  RunRequest request;
  request.steps = count;
  return request;
}

TEST(SchedulerRun, EveryClassEndsFinite) {
  for (const std::string& name : known_scheduler_classes()) {
    for (const int count : {4, 5, 20}) {
      const auto solver = made(name, steps(count));
      std::vector<float> sample{0.5f, -1, 1.5f, 0.1f};
      for (float& value : sample) value *= solver->init_noise_sigma();
      PhiloxNoise noise(1);
      while (!solver->finished()) {
        std::vector<float> output(sample);
        solver->scale_model_input(output);
        for (float& value : output) value = std::tanh(0.7f * value);
        solver->step(output, sample, noise);
      }
      for (const float value : sample) EXPECT_TRUE(std::isfinite(value)) << name << " " << count;
    }
  }
}

// Rounding gives 62 timesteps for 61 steps, the last one below 0.
TEST(SchedulerRun, TrailingTimestepsBeginAtZero) {
  for (const char* name : {"DDIMScheduler", "DDPMScheduler", "PNDMScheduler"}) {
    const auto solver = made(name, steps(61), R"(, "timestep_spacing": "trailing", "skip_prk_steps": true)");
    EXPECT_GE(solver->schedule().timesteps.back(), 0) << name;
    EXPECT_EQ(solver->evaluations(), std::string(name) == "PNDMScheduler" ? 62 : 61) << name;
  }
}

TEST(SchedulerRun, SigmasAreOneMoreThanEvaluations) {
  for (const std::string& name : known_scheduler_classes()) {
    const auto solver = made(name, steps(8));
    const size_t sigmas = solver->schedule().sigmas.size();
    if (sigmas > 0) {
      EXPECT_GT(sigmas, solver->schedule().timesteps.size()) << name;
    }
  }
}

// As many steps as there are timesteps: with an offset the first one is none of them, where diffusers fails with an
// IndexError in its first step.
TEST(SchedulerRun, PndmTakesEveryTimestepUnlessAnOffsetLeadsBeyond) {
  const auto plain = made("PNDMScheduler", steps(1000), ", \"skip_prk_steps\": true");
  ASSERT_EQ(plain->evaluations(), 1001);
  const std::vector<float>& timesteps = plain->schedule().timesteps;
  EXPECT_EQ(std::vector<float>(timesteps.begin(), timesteps.begin() + 4), (std::vector<float>{999, 998, 998, 997}));
  EXPECT_EQ(timesteps.back(), 0);
  EXPECT_EQ(made("PNDMScheduler", steps(1000))->evaluations(), 1009);
  EXPECT_EQ(made("PNDMScheduler", steps(999), ", \"steps_offset\": 1")->schedule().timesteps.front(), 999);
  try {
    made("PNDMScheduler", steps(1000), ", \"steps_offset\": 1, \"skip_prk_steps\": true");
    FAIL();
  } catch (const Error& error) {
    EXPECT_EQ(error.category(), ErrorCategory::invalid_argument);
    EXPECT_NE(std::string(error.what()).find("timestep 1000"), std::string::npos) << error.what();
  }
}

TEST(SchedulerRun, WhatTheConfigurationDoesNotAllow) {
  EXPECT_THROW(made("DDIMScheduler", steps(0)), Error);
  EXPECT_THROW(made("DDIMScheduler", steps(1001)), Error);
  EXPECT_THROW(made("DDIMScheduler", steps(1000), ", \"steps_offset\": 1"), Error);  // timestep 1000 of 0 to 999
  EXPECT_THROW(made("PNDMScheduler", steps(3)), Error);                              // Runge-Kutta needs four
  EXPECT_NO_THROW(made("PNDMScheduler", steps(3), ", \"skip_prk_steps\": true"));
  EXPECT_THROW(made("LCMScheduler", steps(51)), Error);  // 50 steps of distillation
  EXPECT_THROW(made("FlowMatchEulerDiscreteScheduler", steps(4), ", \"use_dynamic_shifting\": true"), Error);
  EXPECT_THROW(made("DPMSolverMultistepScheduler", steps(4), ", \"algorithm_type\": \"dpmsolver\""), Error);
  EXPECT_THROW(made("DDPMScheduler", steps(4), ", \"variance_type\": \"guessed\""), Error);
  RunRequest request = steps(4);
  request.sigmas = {1, 0.5};
  EXPECT_THROW(made("FlowMatchEulerDiscreteScheduler", request), Error);  // four steps or two
  EXPECT_THROW(made("DDIMScheduler", request), Error);
  request = {};
  request.timesteps = {10, 20};
  EXPECT_THROW(made("DDPMScheduler", request), Error);  // rising
  request = steps(4);
  request.eta = 2;
  EXPECT_THROW(made("TCDScheduler", request), Error);
}

TEST(SchedulerRun, OutputsOfAnotherSizeAreRefused) {
  const auto solver = made("EulerDiscreteScheduler", steps(4));
  std::vector<float> sample(4), output(8);
  PhiloxNoise noise(1);
  EXPECT_THROW(solver->step(output, sample, noise), Error);
  const auto learned = made("DDPMScheduler", steps(4), ", \"variance_type\": \"learned_range\"");
  EXPECT_NO_THROW(learned->step(output, sample, noise));
  EXPECT_THROW(learned->step(std::span<const float>(output).first(4), sample, noise), Error);
}

// Thresholding looks at one image at a time: a bright neighbour changes nothing.
TEST(SchedulerRun, ImagesOfABatchDoNotMeet) {
  const std::string more = R"(, "thresholding": true, "clip_sample": false, "sample_max_value": 3.0)";
  const auto result = [&](int batch, std::vector<float> sample, const std::vector<float>& output) {
    RunRequest request = steps(4);
    request.batch = batch;
    PhiloxNoise noise(1);
    const auto solver = made("DDIMScheduler", request, more);
    solver->step(output, sample, noise);
    return sample;
  };
  const std::vector<float> alone = result(1, {0.5f, 2, -1}, {0.1f, -0.2f, 0.3f});
  const std::vector<float> both = result(2, {0.5f, 2, -1, 9, 8, 7}, {0.1f, -0.2f, 0.3f, -5, -5, -5});
  for (size_t i = 0; i < alone.size(); ++i) EXPECT_EQ(alone[i], both[i]);
}

TEST(SchedulerRun, LearnedVariancesBelongToTheirImage) {
  const std::string more = R"(, "variance_type": "learned_range", "clip_sample": false)";
  const auto result = [&](int batch, std::vector<float> sample, const std::vector<float>& output) {
    RunRequest request = steps(4);
    request.batch = batch;
    PhiloxNoise noise(1);
    const auto solver = made("DDPMScheduler", request, more);
    solver->step(output, sample, noise);
    return sample;
  };
  const std::vector<float> alone = result(1, {0.5f, 2}, {0.1f, -0.2f, 0.9f, -0.9f});
  const std::vector<float> both = result(2, {0.5f, 2, 3, 4}, {0.1f, -0.2f, 0.9f, -0.9f, 1, 1, 0, 0});
  EXPECT_EQ(alone[0], both[0]);
  EXPECT_EQ(alone[1], both[1]);
}

}  // namespace
}  // namespace diptych::diffusion
