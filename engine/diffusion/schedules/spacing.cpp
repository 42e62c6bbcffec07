#include "engine/diffusion/schedules/spacing.h"

#include <algorithm>
#include <cassert>
#include <cmath>

namespace diptych::diffusion {
namespace {

// `from` down to above 0 by `step`, rounded half to even, minus one.
std::vector<double> trailing(double from, double step) {
  // Each value is start + i * (second - start): NumPy fills ranges so, and the rounding below sees the difference.
  const double second = from - step;
  const double delta = second - from;
  const auto count = static_cast<int>(std::ceil(-from / -step));
  std::vector<double> values;
  for (int i = 0; i < count; ++i) values.push_back(std::nearbyint(from + i * delta) - 1);
  return values;
}

}  // namespace

std::vector<double> linspace(double start, double stop, int count) {
  assert(count > 0);
  std::vector<double> values(static_cast<size_t>(count), start);
  if (count == 1) return values;
  const double step = (stop - start) / (count - 1);
  for (int i = 0; i < count; ++i) values[static_cast<size_t>(i)] = i * step + start;
  values.back() = stop;
  return values;
}

std::vector<float> linspace_float(double start, double stop, int count) {
  assert(count > 0);
  const auto first = static_cast<float>(start), last = static_cast<float>(stop);
  std::vector<float> values(static_cast<size_t>(count), first);
  if (count == 1) return values;
  const double step = (last - first) / static_cast<float>(count - 1);
  for (int i = 0; i < count; ++i) {  // one rounding per value: multiply and add are fused in the reference
    const double value = i < count / 2 ? first + step * i : last - step * (count - 1 - i);
    values[static_cast<size_t>(i)] = static_cast<float>(value);
  }
  return values;
}

std::vector<double> spaced_timesteps(Spacing spacing, int train, int steps, int offset, bool rounded) {
  assert(steps > 0 && train > 0);
  if (spacing == Spacing::trailing) return trailing(train, static_cast<double>(train) / steps);
  std::vector<double> values;
  if (spacing == Spacing::linspace) {
    values = linspace(0, train - 1, steps);
    for (double& value : values)
      value = rounded ? std::nearbyint(value) : static_cast<double>(static_cast<float>(value));
  } else {
    const int ratio = train / steps;
    for (int i = 0; i < steps; ++i) values.push_back(static_cast<double>(i) * ratio + offset);
  }
  std::reverse(values.begin(), values.end());
  return values;
}

std::vector<double> spaced_timesteps_open(Spacing spacing, int train, int last, int steps, int offset) {
  assert(steps > 0 && train > 0 && last > 0);
  if (spacing == Spacing::trailing) return trailing(last, static_cast<double>(train) / steps);
  std::vector<double> values;
  if (spacing == Spacing::linspace) {
    values = linspace(0, last - 1, steps + 1);
    for (double& value : values) value = std::nearbyint(value);
  } else {
    const int ratio = last / (steps + 1);
    for (int i = 0; i <= steps; ++i) values.push_back(static_cast<double>(i) * ratio + offset);
  }
  std::reverse(values.begin(), values.end());
  values.pop_back();
  return values;
}

}  // namespace diptych::diffusion
