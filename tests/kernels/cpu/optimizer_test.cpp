// Optimizers' kernels against their twins in double, and 8-bit moments against their definition.
#include "kernels/cpu/optimizer.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>

#include "kernels/cpu/adafactor.h"
#include "kernels/cpu/adamw_8bit.h"
#include "kernels/cpu/reference/optimizer.h"
#include "kernels/cpu/tolerance.h"
#include "tests/kernels/cpu/kernel_testing.h"

namespace diptych::kernels::cpu {
namespace {

using testing::on_every_instruction_set;
using testing::random_values;

std::vector<double> wide(const std::vector<float>& x) {
  return {x.begin(), x.end()};
}

// Of values of order 1, after few roundings.
void expect_close(const std::vector<float>& values, const std::vector<double>& expected) {
  for (size_t i = 0; i < values.size(); ++i) {
    ASSERT_NEAR(values[i], expected[i], 16 * half_epsilon * (1 + std::abs(expected[i]))) << "value " << i;
  }
}

struct Memory {
  explicit Memory(int64_t count)
      : gradient(random_values(count, 1)),
        value(random_values(count, 2)),
        first(random_values(count, 3)),
        second(random_values(count, 4)),
        third(random_values(count, 5)),
        start(random_values(count, 6)) {
    for (float& v : second) v = v * v + 0.01f;
  }
  std::vector<float> gradient, value, first, second, third, start;
};

TEST(OptimizerKernel, AdamWAgreesWithItsTwin) {
  const AdamWStep step{
      .decay = 0.99f, .gain1 = 0.1f, .keep2 = 0.95f, .gain2 = 0.05f, .root2 = 0.3f, .epsilon = 1e-8f, .step = -0.01f};
  for (const int64_t count : {1, 7, 16, 100, 1003}) {
    const Memory start(count);
    auto value = wide(start.value), first = wide(start.first), second = wide(start.second);
    reference::adamw(step, wide(start.gradient).data(), count, value.data(), first.data(), second.data());
    on_every_instruction_set([&] {
      Memory now = start;
      adamw(step, now.gradient.data(), count, now.value.data(), now.first.data(), now.second.data());
      expect_close(now.value, value);
      expect_close(now.first, first);
      expect_close(now.second, second);
    });
  }
}

TEST(OptimizerKernel, LionAndSgdAgreeWithTheirTwins) {
  const LionStep lion_step{
      .decay = 0.99f, .keep1 = 0.9f, .gain1 = 0.1f, .keep2 = 0.99f, .gain2 = 0.01f, .step = -0.01f};
  const SgdStep sgd_step{.decay = 0.1f, .momentum = 0.9f, .step = -0.01f};
  for (const int64_t count : {1, 7, 16, 1003}) {
    Memory start(count);
    start.gradient[0] = start.first[0] = 0;  // no direction at all
    auto value = wide(start.value), first = wide(start.first), sgd_value = value, velocity = first, plain = value;
    reference::lion(lion_step, wide(start.gradient).data(), count, value.data(), first.data());
    reference::sgd(sgd_step, wide(start.gradient).data(), count, sgd_value.data(), velocity.data());
    reference::sgd<double>(sgd_step, wide(start.gradient).data(), count, plain.data(), nullptr);
    on_every_instruction_set([&] {
      Memory now = start;
      lion(lion_step, now.gradient.data(), count, now.value.data(), now.first.data());
      expect_close(now.value, value);
      expect_close(now.first, first);
      now = start;
      sgd(sgd_step, now.gradient.data(), count, now.value.data(), now.first.data());
      expect_close(now.value, sgd_value);
      expect_close(now.first, velocity);
      now = start;
      sgd(sgd_step, now.gradient.data(), count, now.value.data(), nullptr);
      expect_close(now.value, plain);
    });
  }
}

TEST(OptimizerKernel, ProdigyAgreesWithItsTwin) {
  const ProdigyMoments moments{
      .keep1 = 0.9f, .gain1 = 0.05f, .keep2 = 0.99f, .gain2 = 0.005f, .keep3 = 0.995f, .gain3 = 0.5f};
  const ProdigyStep step{.decay = -0.001f, .epsilon = 1e-8f, .step = -0.01f};
  for (const int64_t count : {1, 7, 16, 1003}) {
    const Memory start(count);
    auto value = wide(start.value), first = wide(start.first), second = wide(start.second), third = wide(start.third);
    const ProdigySums expected =
        reference::prodigy_moments(moments, wide(start.gradient).data(), value.data(), wide(start.start).data(), count,
                                   first.data(), second.data(), third.data());
    reference::prodigy(step, first.data(), second.data(), count, value.data());
    std::vector<ProdigySums> all;
    on_every_instruction_set([&] {
      Memory now = start;
      all.push_back(prodigy_moments(moments, now.gradient.data(), now.value.data(), now.start.data(), count,
                                    now.first.data(), now.second.data(), now.third.data()));
      prodigy(step, now.first.data(), now.second.data(), count, now.value.data());
      expect_close(now.value, value);
      expect_close(now.third, third);
      EXPECT_NEAR(all.back().distance, expected.distance, 1e-12 * static_cast<double>(count));
      EXPECT_NEAR(all.back().magnitude, expected.magnitude, 1e-6 * static_cast<double>(count));
      EXPECT_EQ(all.back().distance, all.front().distance);
      EXPECT_EQ(all.back().magnitude, all.front().magnitude);
    });
  }
}

TEST(OptimizerKernel, AdafactorAgreesWithItsTwin) {
  const AdafactorStep step{.decay = -0.001f, .divisor = 1.5f, .step = 0.01f};
  for (const int64_t count : {1, 7, 16, 1003}) {
    const Memory start(count);
    auto value = wide(start.value);
    reference::adafactor(step, wide(start.gradient).data(), 0.7, wide(start.second).data(), count, value.data());
    double squares = 0, scaled = 0;
    for (size_t i = 0; i < start.gradient.size(); ++i) {
      const double g = start.gradient[i], u = 0.7 * g * start.second[i];
      squares += g * g + 0.5;
      scaled += u * u;
    }
    on_every_instruction_set([&] {
      Memory now = start;
      adafactor(step, now.gradient.data(), 0.7f, now.second.data(), count, now.value.data());
      expect_close(now.value, value);
      EXPECT_NEAR(sum_of_offset_squares(now.gradient.data(), 0.5f, count), squares, 1e-6 * squares);
      EXPECT_NEAR(sum_of_scaled_squares(now.gradient.data(), 0.7f, now.second.data(), count), scaled, 1e-6 * scaled);
      std::vector<double> sums(static_cast<size_t>(count), 1.0);
      add_offset_squares(now.gradient.data(), 0.5f, count, sums.data());
      EXPECT_NEAR(sums.back(), 1.5 + std::pow(now.gradient.back(), 2), 1e-6 * sums.back());
    });
  }
}

TEST(OptimizerKernel, SumsAndAverages) {
  for (const int64_t count : {1, 7, 8, 16, 1003}) {
    const Memory start(count);
    const double expected = reference::sum_of_squares(start.gradient.data(), count);
    on_every_instruction_set([&] {
      EXPECT_NEAR(sum_of_squares(start.gradient.data(), count), expected, 1e-14 * expected);
      Memory now = start;
      moving_average(0.25f, now.gradient.data(), count, now.value.data());
      for (size_t i = 0; i < now.value.size(); ++i) {
        ASSERT_NEAR(now.value[i], 0.75 * start.value[i] + 0.25 * start.gradient[i], 1e-6);
      }
    });
  }
}

TEST(DynamicMap, GivesTheNearestLevel) {
  for (const DynamicMap* map : {&DynamicMap::with_sign(), &DynamicMap::without_sign()}) {
    std::vector<float> levels;
    for (int code = 0; code < 256; ++code) levels.push_back(map->value(static_cast<uint8_t>(code)));
    ASSERT_TRUE(std::ranges::is_sorted(levels));
    EXPECT_EQ(levels.back(), 1.0f);
    for (int code = 0; code < 256; ++code) EXPECT_EQ(map->nearest(levels[static_cast<size_t>(code)]), code);
    const bool sign = levels.front() < 0;
    // Every decade, and on both sides of every limit.
    std::vector<float> asked = random_values(20000, 7, 0.3f);
    for (size_t i = 0; i < asked.size(); ++i) asked[i] *= std::pow(10.0f, -static_cast<float>(i % 9));
    for (size_t i = 0; i + 1 < levels.size(); ++i) {
      const float limit = (levels[i] + levels[i + 1]) / 2;
      asked.insert(asked.end(), {std::nextafter(limit, -2.0f), std::nextafter(limit, 2.0f)});
    }
    for (float x : asked) {
      x = std::clamp(sign ? x : std::abs(x), -1.0f, 1.0f);
      const double distance = std::abs(static_cast<double>(map->value(map->nearest(x))) - x);
      for (const float level : levels) ASSERT_LE(distance, std::abs(static_cast<double>(level) - x) * (1 + 1e-6)) << x;
    }
  }
}

// One step from stored moments: those that come out are the f32 step's, each to the nearest level of its block.
TEST(AdamW8Bit, IsAdamWBetweenRoundings) {
  const AdamWStep step{
      .decay = 0.99f, .gain1 = 0.1f, .keep2 = 0.95f, .gain2 = 0.05f, .root2 = 0.3f, .epsilon = 1e-8f, .step = -0.01f};
  const int64_t count = 700;
  const DynamicMap &with_sign = DynamicMap::with_sign(), &without_sign = DynamicMap::without_sign();
  Memory start(count);
  std::vector<uint8_t> first, second;
  std::vector<float> first_scales{0.5f, 2.0f, 0.0f}, second_scales{0.1f, 1.0f, 0.0f};
  for (size_t i = 0; i < static_cast<size_t>(count); ++i) {
    first.push_back(with_sign.nearest(std::clamp(start.first[i], -1.0f, 1.0f)));
    second.push_back(without_sign.nearest(std::min(start.second[i], 1.0f)));
    start.first[i] = with_sign.value(first[i]) * first_scales[i / 256];
    start.second[i] = without_sign.value(second[i]) * second_scales[i / 256];
  }
  Memory wide_step = start;
  adamw(step, start.gradient.data(), count, wide_step.value.data(), wide_step.first.data(), wide_step.second.data());
  std::vector<float> value = start.value;
  adamw_8bit(step, start.gradient.data(), count, value.data(),
             {first.data(), first_scales.data(), second.data(), second_scales.data()});
  EXPECT_EQ(value, wide_step.value);
  for (size_t i = 0; i < static_cast<size_t>(count); ++i) {
    const float m = wide_step.first[i] / first_scales[i / 256], v = wide_step.second[i] / second_scales[i / 256];
    ASSERT_LE(std::abs(with_sign.value(first[i]) - m), 0.0072f);  // half of the widest gap
    ASSERT_LE(std::abs(without_sign.value(second[i]) - v), 0.0036f);
  }
}

}  // namespace
}  // namespace diptych::kernels::cpu
