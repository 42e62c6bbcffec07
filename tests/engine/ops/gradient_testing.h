// Gradients of ops against central differences of their plain twins in double.
#pragma once

#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <functional>
#include <vector>

#include "engine/core/tape.h"
#include "engine/ops/backward/products.h"
#include "tests/engine/ops/op_testing.h"

namespace diptych::testing {

using Doubles = std::vector<double>;

struct Differentiable {
  std::vector<Shape> shapes;                                                     // of the inputs
  std::function<std::vector<Tensor>(Context& ctx, std::vector<Tensor>& x)> op;   // under a tape that watches them
  std::function<std::vector<Doubles>(const std::vector<Doubles>& x)> reference;  // the same outputs, in double
  double deviation = 1;                                                          // of the inputs
  float tolerance = 2e-5f;  // of the largest gradient of an input: f32 sums of some hundred terms
};

// A weighted sum of all outputs, whose gradient with respect to every input is compared.
inline void check_gradients(const Differentiable& one, int threads = 2) {
  Context ctx(cpu_device, threads);
  std::vector<Tensor> inputs, gradients;
  std::vector<Doubles> values;
  Tape tape;
  for (size_t i = 0; i < one.shapes.size(); ++i) {
    const std::vector<float> drawn =
        random_values(one.shapes[i].elements(), 100 + static_cast<uint32_t>(i), static_cast<float>(one.deviation));
    inputs.push_back(tensor_of(ctx, one.shapes[i], drawn));
    values.emplace_back(drawn.begin(), drawn.end());
    gradients.push_back(zeros(ctx, one.shapes[i]));
    tape.watch(inputs.back(), gradients.back());
  }
  ctx.tape = &tape;
  std::vector<Tensor> outputs = one.op(ctx, inputs);
  ctx.tape = nullptr;

  const std::vector<Doubles> expected = one.reference(values);
  ASSERT_EQ(outputs.size(), expected.size());
  std::vector<std::vector<float>> weights;
  for (size_t o = 0; o < outputs.size(); ++o) {
    ASSERT_EQ(static_cast<size_t>(outputs[o].elements()), expected[o].size());
    double largest = 1e-6;
    for (const double value : expected[o]) largest = std::max(largest, std::abs(value));
    const std::vector<float> got = values_of(outputs[o]);
    for (size_t i = 0; i < got.size(); ++i) {
      EXPECT_NEAR(got[i], expected[o][i], 2e-5 * largest) << "output " << o << ", value " << i;
    }
    weights.push_back(random_values(outputs[o].elements(), 900 + static_cast<uint32_t>(o)));
    if (outputs[o].elements() == 1) weights.back() = {1};  // a loss, whose own gradient is 1
  }
  // The sum of all outputs: gradients of the later ones are added before the way back begins at the first.
  for (size_t o = 1; o < outputs.size(); ++o) {
    Tensor target = tape.add_to(ctx, outputs[o]);
    std::copy(weights[o].begin(), weights[o].end(), target.data<float>());
  }
  ASSERT_TRUE(tape.tracks(outputs[0]));
  tape.backward(ctx, outputs[0], tensor_of(ctx, outputs[0].shape(), weights[0]));

  const auto loss = [&] {
    const std::vector<Doubles> results = one.reference(values);
    double sum = 0;
    for (size_t o = 0; o < results.size(); ++o) {
      for (size_t i = 0; i < results[o].size(); ++i) sum += results[o][i] * static_cast<double>(weights[o][i]);
    }
    return sum;
  };
  for (size_t i = 0; i < values.size(); ++i) {
    Doubles slopes;
    for (double& value : values[i]) {
      const double before = value, step = 1e-5;
      value = before + step;
      const double above = loss();
      value = before - step;
      const double below = loss();
      value = before;
      slopes.push_back((above - below) / (2 * step));
    }
    double largest = 1e-6;
    for (const double slope : slopes) largest = std::max(largest, std::abs(slope));
    const std::vector<float> got = values_of(gradients[i]);
    for (size_t j = 0; j < got.size(); ++j) {
      EXPECT_NEAR(got[j], slopes[j], static_cast<double>(one.tolerance) * largest) << "input " << i << ", value " << j;
    }
  }
}

// [rows of x, rows] of x [.., cols] and a matrix [rows, cols].
inline Doubles times(const Doubles& x, const std::vector<float>& weight, size_t rows, size_t cols) {
  Doubles y(x.size() / cols * rows);
  for (size_t t = 0; t < x.size() / cols; ++t) {
    for (size_t i = 0; i < rows; ++i) {
      for (size_t c = 0; c < cols; ++c) y[t * rows + i] += static_cast<double>(weight[i * cols + c]) * x[t * cols + c];
    }
  }
  return y;
}

}  // namespace diptych::testing
