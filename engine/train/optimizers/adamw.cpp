// AdamW (Loshchilov & Hutter 2019) with torch.optim.AdamW's arithmetic: scalars in double, rounded once.
#include <cmath>

#include "engine/train/optimizers/master_values.h"
#include "engine/train/optimizers/optimizers.h"
#include "engine/train/optimizers/ranges.h"

namespace diptych::train {
namespace {

class AdamW final : public Optimizer {
 public:
  AdamW(Context& ctx, const OptimizerOptions& options, const Parameters& parameters)
      : Optimizer(ctx), options_(options) {
    for (const Parameter& parameter : parameters) {
      moments_.push_back({add_state(ctx, parameter.name + ".first_moment", parameter.value.shape()),
                          add_state(ctx, parameter.name + ".second_moment", parameter.value.shape())});
    }
  }

  void step(Context& ctx, const Parameters& parameters, double learning_rate) override {
    assert(parameters.size() == moments_.size());
    declare(ctx, "adamw", parameters, 14, 16, 12);
    const int64_t t = next_step();
    if (ctx.is_meta()) return;
    for (size_t i = 0; i < parameters.size(); ++i) {
      const kernels::cpu::AdamWStep step = adamw_step(options_, parameters[i], learning_rate, t);
      const float* gradient = parameters[i].gradient.data<float>();
      const MasterValues values(ctx, parameters[i]);
      float *value = values.data(), *first = moments_[i].first.data<float>(),
            *second = moments_[i].second.data<float>();
      for_ranges(ctx, parameters[i].value.elements(), [&](int64_t begin, int64_t end) {
        kernels::cpu::adamw(step, gradient + begin, end - begin, value + begin, first + begin, second + begin);
      });
      values.store(ctx, options_.seed, t);
    }
  }

 private:
  struct Moments {
    Tensor first, second;
  };
  OptimizerOptions options_;
  std::vector<Moments> moments_;
};

}  // namespace

kernels::cpu::AdamWStep adamw_step(const OptimizerOptions& options, const Parameter& parameter, double learning_rate,
                                   int64_t t) {
  const double beta1 = options.beta1.value_or(0.9), beta2 = options.beta2.value_or(0.999);
  const double rate = learning_rate * static_cast<double>(parameter.learning_rate_factor);
  const double power = static_cast<double>(t);
  return {.decay = static_cast<float>(1 - rate * decay_of(options, parameter)),
          .gain1 = static_cast<float>(1 - beta1),
          .keep2 = static_cast<float>(beta2),
          .gain2 = static_cast<float>(1 - beta2),
          .root2 = static_cast<float>(std::sqrt(1 - std::pow(beta2, power))),
          .epsilon = static_cast<float>(options.epsilon.value_or(1e-8)),
          .step = static_cast<float>(-rate / (1 - std::pow(beta1, power)))};
}

MadeOptimizer make_adamw(Context& ctx, const OptimizerOptions& options, const Parameters& parameters) {
  return std::make_unique<AdamW>(ctx, options, parameters);
}

}  // namespace diptych::train
