#include "engine/train/optimizers/ema.h"

#include <gtest/gtest.h>

#include "engine/core/error.h"
#include "tests/engine/train/optimizers/parameter_testing.h"

namespace diptych::train {
namespace {

using testing::make_parameters;

// diffusers' EMAModel: decay min((1 + t) / (10 + t), limit), nothing of the start is kept.
TEST(Ema, AveragesAsDiffusersDoes) {
  Context ctx(cpu_device, 2);
  Parameters parameters = make_parameters(ctx, {{50, 3}});
  Ema ema(ctx, parameters, 0.3);
  std::vector<double> expected(150);
  for (int64_t update = 1; update <= 6; ++update) {
    testing::set_value(parameters[0], update);
    ema.update(ctx, parameters);
    const double t = static_cast<double>(update - 1), decay = update == 1 ? 0 : std::min(0.3, (1 + t) / (10 + t));
    EXPECT_DOUBLE_EQ(ema.decay_at(update), decay);
    for (size_t i = 0; i < expected.size(); ++i) {
      expected[i] = decay * expected[i] + (1 - decay) * parameters[0].value.data<float>()[i];
    }
  }
  for (size_t i = 0; i < expected.size(); ++i) EXPECT_NEAR(ema.state()[0].value.data<float>()[i], expected[i], 1e-7);
  EXPECT_EQ(*ema.state()[1].value.data<int64_t>(), 6);
}

TEST(Ema, SwapsInAndBack) {
  Context ctx(cpu_device, 1);
  Parameters parameters = make_parameters(ctx, {{5}});
  Ema ema(ctx, parameters, 0.9);
  testing::set_value(parameters[0], 9);
  const float value = parameters[0].value.data<float>()[2], average = ema.state()[0].value.data<float>()[2];
  ASSERT_NE(value, average);
  ema.swap(ctx, parameters);
  EXPECT_EQ(parameters[0].value.data<float>()[2], average);
  ema.swap(ctx, parameters);
  EXPECT_EQ(parameters[0].value.data<float>()[2], value);
}

TEST(Ema, RefusesADecayThatForgetsNothing) {
  Context ctx(cpu_device, 1);
  const Parameters parameters = make_parameters(ctx, {{5}});
  EXPECT_THROW(Ema(ctx, parameters, 1), Error);
  EXPECT_THROW(Ema(ctx, parameters, -0.1), Error);
}

}  // namespace
}  // namespace diptych::train
