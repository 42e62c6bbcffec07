// Small parameters and gradients by formula, the same bits as make_reference.py has them.
#pragma once

#include <cmath>
#include <string>
#include <vector>

#include "engine/core/context.h"
#include "engine/train/parameter.h"

namespace diptych::train::testing {

inline void set_value(Parameter& parameter, int64_t k) {
  float* value = parameter.value.data<float>();
  for (int64_t i = 0; i < parameter.value.elements(); ++i) {
    value[i] = (static_cast<float>((i * 37 + k * 11) % 64) - 31.5f) / 64;
  }
}

inline void set_gradient(Parameter& parameter, int64_t k, int64_t t) {
  float* gradient = parameter.gradient.data<float>();
  for (int64_t i = 0; i < parameter.gradient.elements(); ++i) {
    const auto whole = static_cast<float>((i * 29 + k * 13 + t * 17) % 61 - 30);
    gradient[i] = std::ldexp(whole / 16, static_cast<int>(-(t % 3 + i % 5)));
  }
}

inline Parameters make_parameters(Context& ctx, const std::vector<Shape>& shapes) {
  Parameters parameters;
  for (size_t k = 0; k < shapes.size(); ++k) {
    Parameter one{.name = "layer." + std::to_string(k) + ".weight",
                  .value = ctx.output(shapes[k], DType::f32, Owner::weights),
                  .gradient = ctx.output(shapes[k], DType::f32, Owner::gradients)};
    one.weight_decay = k != 1;
    if (!ctx.is_meta()) set_value(one, static_cast<int64_t>(k));
    parameters.push_back(one);
  }
  return parameters;
}

inline void set_gradients(Parameters& parameters, int64_t t) {
  for (size_t k = 0; k < parameters.size(); ++k) set_gradient(parameters[k], static_cast<int64_t>(k), t);
}

}  // namespace diptych::train::testing
