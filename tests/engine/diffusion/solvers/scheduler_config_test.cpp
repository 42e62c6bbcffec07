#include "engine/diffusion/solvers/scheduler_config.h"

#include <gtest/gtest.h>

#include <cmath>
#include <string>

#include "engine/core/error.h"

namespace diptych::diffusion {
namespace {

SchedulerConfig parsed(const std::string& members) {
  return parse_scheduler_config("{" + members + "}", "scheduler_config.json");
}

// The error of a configuration that must be refused.
Error refused(const std::string& text) {
  try {
    parse_scheduler_config(text, "scheduler_config.json");
  } catch (const Error& error) {
    return error;
  }
  ADD_FAILURE() << text << " was accepted";
  return Error(ErrorCategory::io, "", "", "", "");
}

TEST(SchedulerConfig, DefaultsAreThoseOfTheClass) {
  const SchedulerConfig ddim = parsed(R"("_class_name": "DDIMScheduler")");
  EXPECT_EQ(ddim.spacing, Spacing::leading);
  EXPECT_TRUE(ddim.limit.clip);
  EXPECT_TRUE(ddim.set_alpha_to_one);
  EXPECT_EQ(ddim.beta_schedule, BetaSchedule::linear);
  const SchedulerConfig pndm = parsed(R"("_class_name": "PNDMScheduler")");
  EXPECT_FALSE(pndm.set_alpha_to_one);
  const SchedulerConfig lcm = parsed(R"("_class_name": "LCMScheduler")");
  EXPECT_EQ(lcm.beta_schedule, BetaSchedule::scaled_linear);
  EXPECT_EQ(lcm.beta_end, 0.012);
  const SchedulerConfig dpm = parsed(R"("_class_name": "DPMSolverMultistepScheduler")");
  EXPECT_EQ(dpm.spacing, Spacing::linspace);
  EXPECT_EQ(dpm.algorithm_type, "dpmsolver++");
  EXPECT_EQ(dpm.lambda_min_clipped, -INFINITY);
}

TEST(SchedulerConfig, EveryKnownClassParsesWithItsDefaults) {
  EXPECT_GE(known_scheduler_classes().size(), 17u);
  for (const std::string& name : known_scheduler_classes()) {
    const SchedulerConfig config = parsed("\"_class_name\": \"" + name + "\"");
    EXPECT_EQ(scheduler_class_name(config.scheduler), name);
  }
}

TEST(SchedulerConfig, PythonsInfinityIsANumberHere) {
  EXPECT_EQ(
      parsed(R"("_class_name": "DPMSolverMultistepScheduler", "lambda_min_clipped": -Infinity)").lambda_min_clipped,
      -INFINITY);
  EXPECT_EQ(parsed(R"("_class_name": "DPMSolverMultistepScheduler", "lambda_min_clipped": -5.1)").lambda_min_clipped,
            -5.1);
  EXPECT_EQ(parsed(R"("_class_name": "DDIMScheduler", "_note": "-Infinity \" NaN")").num_train_timesteps, 1000);
  EXPECT_EQ(refused(R"({"_class_name": "DDIMScheduler", "beta_start": NaN})").category(), ErrorCategory::invalid_file);
}

// Published models carry the parameters of the scheduler they were converted from.
TEST(SchedulerConfig, ParametersOfOtherClassesArePassedOver) {
  const SchedulerConfig config = parsed(
      R"("_class_name": "EulerDiscreteScheduler", "_diffusers_version": "0.19.0", "beta_schedule": "scaled_linear",
         "clip_sample": false, "skip_prk_steps": true, "set_alpha_to_one": false, "steps_offset": 1)");
  EXPECT_EQ(config.steps_offset, 1);
  EXPECT_FALSE(config.skip_prk_steps);
}

// These classes read them although they are no parameters of theirs.
TEST(SchedulerConfig, SigmaLimitsCountWhereTheReferenceReadsThem) {
  EXPECT_EQ(parsed(R"("_class_name": "HeunDiscreteScheduler", "sigma_max": 20.0)").sigma_max, 20);
}

TEST(SchedulerConfig, UnknownClassesListTheKnownOnes) {
  const Error error = refused(R"({"_class_name": "WarpScheduler"})");
  EXPECT_EQ(error.category(), ErrorCategory::unsupported);
  EXPECT_NE(error.why().find("WarpScheduler"), std::string::npos);
  EXPECT_NE(error.to_do().find("EulerDiscreteScheduler"), std::string::npos);
}

TEST(SchedulerConfig, UnknownParametersAndValuesAreRefused) {
  EXPECT_EQ(refused(R"({"_class_name": "DDIMScheduler", "warp": 2})").category(), ErrorCategory::unsupported);
  EXPECT_NO_THROW(parsed(R"("_class_name": "DDIMScheduler", "warp": null, "bend": false)"));
  EXPECT_NE(refused(R"({"_class_name": "DDIMScheduler", "beta_schedule": "steep"})").to_do().find("scaled_linear"),
            std::string::npos);
  EXPECT_EQ(refused(R"({"_class_name": "UniPCMultistepScheduler", "solver_p": "DDIMScheduler"})").category(),
            ErrorCategory::unsupported);
  EXPECT_EQ(refused(R"({"_class_name": "PNDMScheduler", "prediction_type": "sample"})").category(),
            ErrorCategory::unsupported);
  EXPECT_EQ(refused(R"({"_class_name": "LMSDiscreteScheduler", "use_karras_sigmas": true, "use_beta_sigmas": true})")
                .category(),
            ErrorCategory::unsupported);
}

TEST(SchedulerConfig, WrongTypesAndRangesNameTheParameter) {
  for (const char* member :
       {R"("num_train_timesteps": 0)", R"("num_train_timesteps": 1e12)", R"("num_train_timesteps": "many")",
        R"("beta_start": true)", R"("beta_end": 2.0)", R"("clip_sample": 1)", R"("trained_betas": [])",
        R"("trained_betas": [0.1, "x"])", R"("prediction_type": 3)", R"("dynamic_thresholding_ratio": 1.5)"}) {
    const Error error = refused(std::string(R"({"_class_name": "DDIMScheduler", )") + member + "}");
    EXPECT_EQ(error.category(), ErrorCategory::invalid_file) << member;
    const std::string name = std::string(member).substr(1, std::string(member).find('"', 1) - 1);
    EXPECT_NE(error.why().find(name), std::string::npos) << error.what();
  }
}

TEST(SchedulerConfig, NoConfigurationAtAll) {
  for (const char* text :
       {"", "[]", "{}", R"({"_class_name": 3})", R"({"_class_name": "DDIMScheduler")", "{\"a\": Inf}"})
    EXPECT_EQ(refused(text).category(), ErrorCategory::invalid_file) << text;
  EXPECT_THROW(read_scheduler_config("/nonexistent/scheduler_config.json"), Error);
  EXPECT_THROW(read_scheduler_config("/"), Error);
}

TEST(SchedulerConfig, TrainedBetasReplaceTheFormula) {
  const SchedulerConfig config = parsed(R"("_class_name": "DDIMScheduler", "trained_betas": [0.1, 0.2, 0.3])");
  EXPECT_EQ(config.training_schedule().timesteps(), 3);
  EXPECT_FLOAT_EQ(config.training_schedule().alphas_cumprod()[1], 0.9f * 0.8f);
}

}  // namespace
}  // namespace diptych::diffusion
