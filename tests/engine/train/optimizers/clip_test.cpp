#include "engine/train/optimizers/clip.h"

#include <gtest/gtest.h>

#include <limits>

#include "tests/engine/train/optimizers/parameter_testing.h"

namespace diptych::train {
namespace {

using testing::make_parameters;
using testing::set_gradients;

// The formula in double, value by value.
double plain_norm(const Parameters& parameters) {
  double squares = 0;
  for (const Parameter& parameter : parameters) {
    for (const float g : parameter.gradient.span<const float>()) squares += static_cast<double>(g) * g;
  }
  return std::sqrt(squares);
}

TEST(Clip, BringsTheNormDownAsPyTorchDoes) {
  Context ctx(cpu_device, 2);
  Parameters parameters = make_parameters(ctx, {{301, 257}, {77}});
  set_gradients(parameters, 0);
  const double norm = plain_norm(parameters);
  const float before = parameters[0].gradient.data<float>()[1000];
  const GradientNorm result = clip_gradients(ctx, parameters, 1.5);
  EXPECT_TRUE(result.finite());
  EXPECT_NEAR(result.norm, norm, 1e-12 * norm);
  EXPECT_FLOAT_EQ(parameters[0].gradient.data<float>()[1000], before * static_cast<float>(1.5 / (norm + 1e-6)));
  EXPECT_NEAR(plain_norm(parameters), 1.5, 1e-6);
}

TEST(Clip, LeavesWhatIsSmallEnough) {
  Context ctx(cpu_device, 2);
  Parameters parameters = make_parameters(ctx, {{9, 9}});
  set_gradients(parameters, 0);
  const double norm = plain_norm(parameters);
  for (const double limit : {0.0, norm * 1.01}) {
    EXPECT_DOUBLE_EQ(clip_gradients(ctx, parameters, limit).norm, norm);
    EXPECT_DOUBLE_EQ(plain_norm(parameters), norm);
  }
}

TEST(Clip, NamesWhatIsNoNumberAndChangesNothing) {
  for (const float bad : {std::numeric_limits<float>::infinity(), std::numeric_limits<float>::quiet_NaN()}) {
    Context ctx(cpu_device, 2);
    Parameters parameters = make_parameters(ctx, {{9, 9}, {5}, {6}});
    set_gradients(parameters, 0);
    parameters[1].gradient.data<float>()[3] = bad;
    parameters[2].gradient.data<float>()[3] = bad;
    const float before = parameters[0].gradient.data<float>()[7];
    const GradientNorm result = clip_gradients(ctx, parameters, 0.1);
    EXPECT_FALSE(result.finite());
    EXPECT_EQ(result.not_finite, "layer.1.weight");
    EXPECT_EQ(parameters[0].gradient.data<float>()[7], before);
  }
}

// Squares of large gradients are beyond f32 long before the gradients are.
TEST(Clip, LargeGradientsAreNumbers) {
  Context ctx(cpu_device, 1);
  Parameters parameters = make_parameters(ctx, {{4}});
  std::fill_n(parameters[0].gradient.data<float>(), 4, 1e30f);
  EXPECT_NEAR(clip_gradients(ctx, parameters, 1).norm / 2e30, 1, 1e-6);
  EXPECT_NEAR(plain_norm(parameters), 1, 1e-6);
}

}  // namespace
}  // namespace diptych::train
