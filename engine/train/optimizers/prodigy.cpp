// Prodigy (Mishchenko & Defazio 2023): Adam whose rate grows with an estimate of the distance to the solution. With the
// arithmetic of the authors' prodigyopt. A parameter's learning-rate factor changes its own step, not the estimate.
#include <algorithm>
#include <cmath>

#include "engine/train/optimizers/master_values.h"
#include "engine/train/optimizers/optimizers.h"
#include "engine/train/optimizers/ranges.h"

namespace diptych::train {
namespace {

using kernels::cpu::ProdigySums;

class Prodigy final : public Optimizer {
 public:
  Prodigy(Context& ctx, const OptimizerOptions& options, const Parameters& parameters)
      : Optimizer(ctx), options_(options), estimate_(add_state(ctx, "distance", {3}, DType::f64)) {
    if (!ctx.is_meta()) estimate().distance = estimate().largest = options.initial_distance;
    for (const Parameter& parameter : parameters) {
      const Shape& shape = parameter.value.shape();
      memory_.push_back({add_state(ctx, parameter.name + ".first_moment", shape),
                         add_state(ctx, parameter.name + ".second_moment", shape),
                         add_state(ctx, parameter.name + ".travelled", shape),
                         add_state(ctx, parameter.name + ".start", shape)});
      if (ctx.is_meta()) continue;
      const MasterValues values(ctx, parameter);
      std::copy_n(values.data(), parameter.value.elements(), memory_.back().start.data<float>());
    }
  }

  void step(Context& ctx, const Parameters& parameters, double learning_rate) override {
    assert(parameters.size() == memory_.size());
    declare(ctx, "prodigy", parameters, 22, 32, 16);
    if (ctx.is_meta() || learning_rate == 0) return;
    const int64_t t = steps() + 1;  // a step that changes nothing does not count
    Estimate& now = estimate();
    const double beta1 = options_.beta1.value_or(0.9), beta2 = options_.beta2.value_or(0.999);
    const double correction = options_.bias_correction ? std::sqrt(1 - std::pow(beta2, static_cast<double>(t))) /
                                                             (1 - std::pow(beta1, static_cast<double>(t)))
                                                       : 1;
    const double rate = now.distance * learning_rate * correction, relative = now.distance / options_.initial_distance;
    const ProdigySums sums = accumulate(ctx, parameters, rate, relative);
    if (sums.magnitude == 0) return;  // all gradients are zero, and always were
    next_step();
    now.numerator = now.numerator * std::sqrt(beta2) + relative * rate * sums.distance;
    const double found = options_.distance_factor * now.numerator / sums.magnitude;
    if (now.distance == options_.initial_distance) now.distance = std::max(now.distance, found);
    now.largest = std::max(now.largest, found);
    now.distance = now.largest;
    move(ctx, parameters, rate);
  }

  double found_factor() const override { return estimate_.is_meta() ? 1 : estimate_.data<double>()[0]; }

 private:
  struct Estimate {
    double distance, largest, numerator;
  };
  struct Memory {
    Tensor first, second, travelled, start;
  };

  Estimate& estimate() { return *reinterpret_cast<Estimate*>(estimate_.data<double>()); }

  ProdigySums accumulate(Context& ctx, const Parameters& parameters, double rate, double relative) {
    const double beta1 = options_.beta1.value_or(0.9), beta2 = options_.beta2.value_or(0.999);
    const double distance = estimate().distance;
    const kernels::cpu::ProdigyMoments step{
        .keep1 = static_cast<float>(beta1),
        .gain1 = static_cast<float>(distance * (1 - beta1)),
        .keep2 = static_cast<float>(beta2),
        .gain2 = static_cast<float>(distance * distance * (1 - beta2)),
        .keep3 = static_cast<float>(std::sqrt(beta2)),
        .gain3 = static_cast<float>(relative * (options_.safeguard_warmup ? distance : rate))};
    ProdigySums total;
    for (size_t i = 0; i < parameters.size(); ++i) {
      const MasterValues values(ctx, parameters[i]);
      const float *gradient = parameters[i].gradient.data<float>(), *value = values.data();
      const Memory& memory = memory_[i];
      std::vector<double> distances(static_cast<size_t>(parameters[i].value.elements() / range_values + 1));
      total.magnitude += sum_over_ranges(ctx, parameters[i].value.elements(), [&](int64_t begin, int64_t end) {
        const ProdigySums sums =
            kernels::cpu::prodigy_moments(step, gradient + begin, value + begin, memory.start.data<float>() + begin,
                                          end - begin, memory.first.data<float>() + begin,
                                          memory.second.data<float>() + begin, memory.travelled.data<float>() + begin);
        distances[static_cast<size_t>(begin / range_values)] = sums.distance;
        return sums.magnitude;
      });
      for (const double one : distances) total.distance += one;
    }
    return total;
  }

  // With the rate that the moments were made with, and the new distance in epsilon.
  void move(Context& ctx, const Parameters& parameters, double rate) {
    for (size_t i = 0; i < parameters.size(); ++i) {
      const double own = rate * static_cast<double>(parameters[i].learning_rate_factor);
      const kernels::cpu::ProdigyStep step{
          .decay = static_cast<float>(-decay_of(options_, parameters[i]) * own),
          .epsilon = static_cast<float>(estimate().distance * options_.epsilon.value_or(1e-8)),
          .step = static_cast<float>(-own)};
      const float *first = memory_[i].first.data<float>(), *second = memory_[i].second.data<float>();
      const MasterValues values(ctx, parameters[i]);
      float* value = values.data();
      for_ranges(ctx, parameters[i].value.elements(), [&](int64_t begin, int64_t end) {
        kernels::cpu::prodigy(step, first + begin, second + begin, end - begin, value + begin);
      });
      values.store(ctx, options_.seed, steps());
    }
  }

  OptimizerOptions options_;
  Tensor estimate_;  // f64 [3]
  std::vector<Memory> memory_;
};

}  // namespace

MadeOptimizer make_prodigy(Context& ctx, const OptimizerOptions& options, const Parameters& parameters) {
  return std::make_unique<Prodigy>(ctx, options, parameters);
}

}  // namespace diptych::train
