// Optimizers against what PyTorch, transformers, bitsandbytes and prodigyopt make of the same steps
// (reference_values.h).
#include "engine/train/optimizer.h"

#include <gtest/gtest.h>

#include <cstring>

#include "engine/core/error.h"
#include "kernels/cpu/dynamic_map.h"
#include "tests/engine/train/parameter_testing.h"
#include "tests/engine/train/reference_values.h"

namespace diptych::train {
namespace {

using testing::make_parameters;
using testing::set_gradients;

const std::vector<Shape> small_shapes{{6, 10}, {7}, {3, 2, 2, 3}};

double rate_at(int64_t t, int64_t steps) {
  return 0.01 * std::min({1.0, static_cast<double>(t + 1) / 4, static_cast<double>(steps - t) / 4});
}

std::vector<float> values_of(const Parameters& parameters) {
  std::vector<float> values;
  for (const Parameter& parameter : parameters) {
    const auto span = parameter.value.span<const float>();
    values.insert(values.end(), span.begin(), span.end());
  }
  return values;
}

void expect_near(const std::vector<float>& values, const std::vector<float>& expected, double tolerance) {
  ASSERT_EQ(values.size(), expected.size());
  double largest = 0;
  for (size_t i = 0; i < values.size(); ++i) {
    largest = std::max(largest, std::abs(static_cast<double>(values[i]) - static_cast<double>(expected[i])));
    ASSERT_NEAR(values[i], expected[i], tolerance) << "value " << i;
  }
  ::testing::Test::RecordProperty("largest_difference", std::to_string(largest));
}

void run(Context& ctx, Optimizer& optimizer, Parameters& parameters, int64_t begin, int64_t end, int64_t steps,
         double scale = 1) {
  for (int64_t t = begin; t < end; ++t) {
    set_gradients(parameters, t);
    optimizer.step(ctx, parameters, rate_at(t, steps) * scale);
  }
}

void expect_as_reference(const OptimizerOptions& options, const std::vector<float>& expected, double tolerance,
                         double scale = 1, int64_t steps = 8) {
  Context ctx(cpu_device, 2);
  Parameters parameters = make_parameters(ctx, small_shapes);
  const auto optimizer = make_optimizer(ctx, options, parameters);
  run(ctx, *optimizer, parameters, 0, steps, steps, scale);
  expect_near(values_of(parameters), expected, tolerance);
}

TEST(Optimizer, AdamWIsPyTorchs) {
  expect_as_reference({.kind = OptimizerKind::adamw, .beta2 = 0.95, .weight_decay = 0.1}, reference::adamw, 1e-7);
}

TEST(Optimizer, SgdIsPyTorchs) {
  expect_as_reference({.kind = OptimizerKind::sgd, .weight_decay = 0.1}, reference::sgd, 1e-7);
  expect_as_reference({.kind = OptimizerKind::sgd, .weight_decay = 0, .momentum = 0}, reference::plain_sgd, 1e-7);
}

TEST(Optimizer, LionIsBitsandbytes) {
  expect_as_reference({.kind = OptimizerKind::lion, .weight_decay = 0.1}, reference::lion, 1e-7);
}

TEST(Optimizer, ProdigyIsItsAuthors) {
  expect_as_reference({.kind = OptimizerKind::prodigy, .weight_decay = 0.1}, reference::prodigy, 1e-6, 100, 24);
  expect_as_reference({.kind = OptimizerKind::prodigy,
                       .weight_decay = 0.1,
                       .distance_factor = 2,
                       .bias_correction = true,
                       .safeguard_warmup = true},
                      reference::prodigy_corrected, 1e-6, 100, 24);
}

TEST(Optimizer, AdafactorIsTransformers) {
  expect_as_reference({.kind = OptimizerKind::adafactor, .weight_decay = 0.1}, reference::adafactor, 2e-7);
  expect_as_reference(
      {.kind = OptimizerKind::adafactor, .weight_decay = 0.1, .relative_step = true, .scale_by_parameter = true},
      reference::adafactor_relative, 2e-7);
}

// Matrices and one that stays with AdamW; the order of sums differs.
TEST(Optimizer, MuonIsPyTorchs) {
  Context ctx(cpu_device, 2);
  Parameters parameters = make_parameters(ctx, {{6, 10}, {7}, {40, 24}, {16, 16}});
  const auto optimizer =
      make_optimizer(ctx, {.kind = OptimizerKind::muon, .beta2 = 0.95, .weight_decay = 0.1}, parameters);
  run(ctx, *optimizer, parameters, 0, 8, 8);
  expect_near(values_of(parameters), reference::muon, 1e-5);
}

TEST(Optimizer, MuonTakesMatricesInsideOfBlocksOnly) {
  Context ctx(cpu_device, 1);
  Parameters parameters = make_parameters(ctx, {{6, 10}, {6, 10}, {60}, {1, 60}});
  const std::vector<std::string> names{"blocks.11.to_q.weight", "linear_1.weight", "blocks.2.table", "blocks.3.row"};
  for (size_t k = 0; k < names.size(); ++k) parameters[k].name = names[k];
  const auto optimizer = make_optimizer(ctx, {.kind = OptimizerKind::muon}, parameters);
  std::vector<std::string> states;
  for (const StateTensor& one : optimizer->state()) states.push_back(one.name);
  EXPECT_EQ(states, (std::vector<std::string>{"steps", "blocks.11.to_q.weight.first_moment",
                                              "linear_1.weight.first_moment", "linear_1.weight.second_moment",
                                              "blocks.2.table.first_moment", "blocks.2.table.second_moment",
                                              "blocks.3.row.first_moment", "blocks.3.row.second_moment"}));
}

TEST(Optimizer, AdamW8BitIsBitsandbytes) {
  Context ctx(cpu_device, 2);
  Parameters parameters = make_parameters(ctx, {{5000}});
  const auto optimizer =
      make_optimizer(ctx, {.kind = OptimizerKind::adamw_8bit, .beta2 = 0.95, .weight_decay = 0.1}, parameters);
  run(ctx, *optimizer, parameters, 0, 8, 8);
  std::vector<float> sampled, scales;
  for (size_t i = 0; i < 5000; i += 100) sampled.push_back(parameters[0].value.data<float>()[i]);
  for (const StateTensor& state : optimizer->state()) {
    if (!state.name.ends_with("_scales")) continue;
    const auto span = state.value.span<const float>();
    scales.insert(scales.end(), span.begin(), span.end());
  }
  expect_near(sampled, reference::adamw_8bit, 1e-6);
  expect_near(scales, reference::adamw_8bit_scales, 1e-7);
}

TEST(Optimizer, LevelsAreBitsandbytes) {
  for (int code = 0; code < 256; ++code) {
    const auto byte = static_cast<uint8_t>(code);
    EXPECT_FLOAT_EQ(kernels::cpu::DynamicMap::with_sign().value(byte), reference::signed_map[byte]) << code;
    EXPECT_FLOAT_EQ(kernels::cpu::DynamicMap::without_sign().value(byte), reference::unsigned_map[byte]) << code;
  }
}

std::vector<OptimizerOptions> all_kinds() {
  std::vector<OptimizerOptions> list;
  for (const char* name : {"adamw", "adamw8bit", "adafactor", "lion", "prodigy", "sgd", "muon"}) {
    list.push_back({.kind = parse_optimizer(name)});
  }
  return list;
}

// Sizes that are no multiples of vectors, blocks and ranges.
const std::vector<Shape> large_shapes{{301, 257}, {77}, {4, 3, 3, 3}};

TEST(Optimizer, DoesNotDependOnThreads) {
  for (const OptimizerOptions& options : all_kinds()) {
    SCOPED_TRACE(std::string(optimizer_name(options.kind)));
    std::vector<std::vector<float>> results;
    for (const int threads : {1, 2, 5}) {
      Context ctx(cpu_device, threads);
      Parameters parameters = make_parameters(ctx, large_shapes);
      const auto optimizer = make_optimizer(ctx, options, parameters);
      run(ctx, *optimizer, parameters, 0, 4, 4);
      results.push_back(values_of(parameters));
    }
    EXPECT_EQ(results[0], results[1]);
    EXPECT_EQ(results[0], results[2]);
  }
}

TEST(Optimizer, GoesOnBitForBitFromItsState) {
  for (const OptimizerOptions& options : all_kinds()) {
    SCOPED_TRACE(std::string(optimizer_name(options.kind)));
    Context ctx(cpu_device, 2);
    Parameters straight = make_parameters(ctx, large_shapes), resumed = make_parameters(ctx, large_shapes);
    const auto first = make_optimizer(ctx, options, straight);
    run(ctx, *first, straight, 0, 5, 10);
    for (size_t i = 0; i < straight.size(); ++i) {
      std::memcpy(resumed[i].value.raw(), straight[i].value.raw(), static_cast<size_t>(straight[i].value.bytes()));
    }
    const auto second = make_optimizer(ctx, options, resumed);
    ASSERT_EQ(first->state().size(), second->state().size());
    for (size_t i = 0; i < first->state().size(); ++i) {
      ASSERT_EQ(first->state()[i].name, second->state()[i].name);
      Tensor to = second->state()[i].value;
      std::memcpy(to.raw(), first->state()[i].value.raw(), static_cast<size_t>(to.bytes()));
    }
    run(ctx, *first, straight, 5, 10, 10);
    run(ctx, *second, resumed, 5, 10, 10);
    EXPECT_EQ(values_of(straight), values_of(resumed));
    EXPECT_EQ(first->found_factor(), second->found_factor());
  }
}

TEST(Optimizer, TakesOnMetaWhatItTakes) {
  for (const OptimizerOptions& options : all_kinds()) {
    SCOPED_TRACE(std::string(optimizer_name(options.kind)));
    std::vector<int64_t> bytes;
    for (const Device device : {cpu_device, meta_device}) {
      Context ctx(device, 1);
      Parameters parameters = make_parameters(ctx, large_shapes);
      const auto optimizer = make_optimizer(ctx, options, parameters);
      if (device == cpu_device) set_gradients(parameters, 0);
      optimizer->step(ctx, parameters, 1e-3);
      const MemoryUse use = ctx.arena()->use();
      bytes.push_back(use.peak_bytes[static_cast<size_t>(Owner::optimizer)]);
      EXPECT_GE(bytes.back(), optimizer->state_bytes());
    }
    EXPECT_EQ(bytes[0], bytes[1]);
  }
}

TEST(Optimizer, EightBitsTakeAQuarter) {
  Context ctx(meta_device, 1);
  const Parameters parameters = make_parameters(ctx, {{1024, 1024}});
  const auto wide = make_optimizer(ctx, {.kind = OptimizerKind::adamw}, parameters);
  const auto narrow = make_optimizer(ctx, {.kind = OptimizerKind::adamw_8bit}, parameters);
  const auto factored = make_optimizer(ctx, {.kind = OptimizerKind::adafactor}, parameters);
  EXPECT_EQ(wide->state_bytes(), 8 * 1024 * 1024 + 8);
  EXPECT_EQ(narrow->state_bytes(), 2 * 1024 * 1024 + 2 * 4096 * 4 + 8);
  EXPECT_EQ(factored->state_bytes(), 2 * 1024 * 4 + 8);
}

TEST(Optimizer, LearningRateFactorIsThePartOfARate) {
  Context ctx(cpu_device, 1);
  Parameters parameters = make_parameters(ctx, {{8}, {8}});
  std::memcpy(parameters[1].value.raw(), parameters[0].value.raw(), 32);
  parameters[0].weight_decay = parameters[1].weight_decay = false;
  parameters[1].learning_rate_factor = 16;
  const std::vector<float> before = values_of(parameters);
  for (Parameter& parameter : parameters) std::fill_n(parameter.gradient.data<float>(), 8, 0.5f);
  make_optimizer(ctx, {.kind = OptimizerKind::adamw}, parameters)->step(ctx, parameters, 1e-3);
  for (size_t i = 0; i < 8; ++i) {
    EXPECT_NEAR(parameters[0].value.data<float>()[i] - before[i], -1e-3, 1e-6);
    EXPECT_NEAR(parameters[1].value.data<float>()[i] - before[i], -16e-3, 1e-6);
  }
}

TEST(Optimizer, RefusesWhatMakesNoSense) {
  Context ctx(cpu_device, 1);
  const Parameters parameters = make_parameters(ctx, {{8}});
  EXPECT_THROW(make_optimizer(ctx, {.beta1 = 1.0}, parameters), Error);
  EXPECT_THROW(make_optimizer(ctx, {.epsilon = 0.0}, parameters), Error);
  EXPECT_THROW(make_optimizer(ctx, {.weight_decay = -1}, parameters), Error);
  EXPECT_THROW(make_optimizer(ctx, {.weight_decay = NAN}, parameters), Error);
  EXPECT_THROW(parse_optimizer("adam"), Error);
}

}  // namespace
}  // namespace diptych::train
