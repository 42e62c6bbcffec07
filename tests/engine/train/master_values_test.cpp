#include "engine/train/master_values.h"

#include <gtest/gtest.h>

#include <bit>
#include <cmath>

#include "engine/train/optimizer.h"

namespace diptych::train {
namespace {

Parameter bf16_parameter(Context& ctx, int64_t count, float value) {
  Parameter parameter{.name = "w",
                      .value = ctx.output({count}, DType::bf16, Owner::weights),
                      .gradient = ctx.output({count}, DType::f32, Owner::gradients)};
  const auto bits = static_cast<uint16_t>(std::bit_cast<uint32_t>(value) >> 16);
  std::fill_n(reinterpret_cast<uint16_t*>(parameter.value.raw()), count, bits);
  return parameter;
}

double mean_of(Context& ctx, const Tensor& values) {
  double sum = 0;
  for (const float value : as_f32(ctx, values).span<const float>()) sum += static_cast<double>(value);
  return sum / static_cast<double>(values.elements());
}

// 0.3 of what bf16 can tell at 1: three in ten go up, and the mean is right.
TEST(MasterValues, AreRoundedSoThatTheMeanIsRight) {
  Context ctx(cpu_device, 2);
  const int64_t count = 100'000;
  for (const float sign : {1.0f, -1.0f}) {
    const Parameter parameter = bf16_parameter(ctx, count, sign);
    const MasterValues values(ctx, parameter);
    const double wanted = sign * (1 + 0.3 * 0x1p-7);
    for (int64_t i = 0; i < count; ++i) values.data()[i] = static_cast<float>(wanted);
    values.store(ctx, 5, 1);
    for (const float value : as_f32(ctx, parameter.value).span<const float>()) {
      ASSERT_TRUE(value == sign || value == sign * 1.0078125f) << value;
    }
    EXPECT_NEAR(mean_of(ctx, parameter.value), wanted, 5 * 0x1p-7 * std::sqrt(0.21 / static_cast<double>(count)));
  }
}

TEST(MasterValues, AreRoundedAlikeInTheSameStep) {
  const auto stored = [](int threads, int64_t step) {
    Context ctx(cpu_device, threads);
    const Parameter parameter = bf16_parameter(ctx, 70'001, 1);
    const MasterValues values(ctx, parameter);
    for (int64_t i = 0; i < 70'001; ++i) values.data()[i] = 1 + static_cast<float>(i) * 1e-8f;
    values.store(ctx, 5, step);
    const auto* bits = reinterpret_cast<const uint16_t*>(parameter.value.raw());
    return std::vector<uint16_t>(bits, bits + 70'001);
  };
  EXPECT_EQ(stored(1, 3), stored(2, 3));
  EXPECT_NE(stored(1, 3), stored(1, 4));
}

TEST(MasterValues, ExactOnesStay) {
  Context ctx(cpu_device, 1);
  for (const float value : {0.0f, -0.0f, 1.5f, -3.0e38f, std::bit_cast<float>(0x7f800000u)}) {
    const Parameter parameter = bf16_parameter(ctx, 100, value);
    MasterValues(ctx, parameter).store(ctx, 1, 1);
    const auto* bits = reinterpret_cast<const uint16_t*>(parameter.value.raw());
    for (int i = 0; i < 100; ++i) EXPECT_EQ(bits[i], std::bit_cast<uint32_t>(value) >> 16);
  }
}

// Steps of a fiftieth of what bf16 can tell, which rounding to the nearest would lose, every one.
TEST(MasterValues, SmallStepsAddUp) {
  Context ctx(cpu_device, 2);
  for (const OptimizerKind kind : {OptimizerKind::sgd, OptimizerKind::adamw, OptimizerKind::adamw_8bit,
                                   OptimizerKind::lion, OptimizerKind::adafactor, OptimizerKind::muon}) {
    Parameters parameters{bf16_parameter(ctx, 20'000, 1)};
    std::fill_n(parameters[0].gradient.data<float>(), 20'000, 1.0f);
    const auto optimizer = make_optimizer(ctx, {.kind = kind, .weight_decay = 0, .momentum = 0, .seed = 3}, parameters);
    const double rate = 0x1p-8 / 50;  // below 1 values are that far apart
    for (int step = 0; step < 100; ++step) optimizer->step(ctx, parameters, rate);
    EXPECT_NEAR(mean_of(ctx, parameters[0].value), 1 - 100 * rate, 0.02 * 100 * rate) << optimizer_name(kind);
  }
}

}  // namespace
}  // namespace diptych::train
