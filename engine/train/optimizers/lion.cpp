// Lion (Chen et al. 2023, "Symbolic Discovery of Optimization Algorithms"), with decoupled decay; half of AdamW's
// memory.
#include "engine/train/optimizers/master_values.h"
#include "engine/train/optimizers/optimizers.h"
#include "engine/train/optimizers/ranges.h"

namespace diptych::train {
namespace {

class Lion final : public Optimizer {
 public:
  Lion(Context& ctx, const OptimizerOptions& options, const Parameters& parameters)
      : Optimizer(ctx), options_(options) {
    for (const Parameter& parameter : parameters) {
      moments_.push_back(add_state(ctx, parameter.name + ".first_moment", parameter.value.shape()));
    }
  }

  void step(Context& ctx, const Parameters& parameters, double learning_rate) override {
    assert(parameters.size() == moments_.size());
    declare(ctx, "lion", parameters, 9, 12, 8);
    const int64_t t = next_step();
    if (ctx.is_meta()) return;
    const double beta1 = options_.beta1.value_or(0.9), beta2 = options_.beta2.value_or(0.99);
    for (size_t i = 0; i < parameters.size(); ++i) {
      const double rate = learning_rate * static_cast<double>(parameters[i].learning_rate_factor);
      const kernels::cpu::LionStep step{.decay = static_cast<float>(1 - rate * decay_of(options_, parameters[i])),
                                        .keep1 = static_cast<float>(beta1),
                                        .gain1 = static_cast<float>(1 - beta1),
                                        .keep2 = static_cast<float>(beta2),
                                        .gain2 = static_cast<float>(1 - beta2),
                                        .step = static_cast<float>(-rate)};
      const float* gradient = parameters[i].gradient.data<float>();
      const MasterValues values(ctx, parameters[i]);
      float *value = values.data(), *moment = moments_[i].data<float>();
      for_ranges(ctx, parameters[i].value.elements(), [&](int64_t begin, int64_t end) {
        kernels::cpu::lion(step, gradient + begin, end - begin, value + begin, moment + begin);
      });
      values.store(ctx, options_.seed, t);
    }
  }

 private:
  OptimizerOptions options_;
  std::vector<Tensor> moments_;
};

}  // namespace

MadeOptimizer make_lion(Context& ctx, const OptimizerOptions& options, const Parameters& parameters) {
  return std::make_unique<Lion>(ctx, options, parameters);
}

}  // namespace diptych::train
