// Stochastic gradient descent with momentum as torch.optim.SGD has it: weight decay is part of the gradient.
#include "engine/train/master_values.h"
#include "engine/train/optimizers.h"
#include "engine/train/ranges.h"

namespace diptych::train {
namespace {

constexpr double own_momentum = 0.9;

class Sgd final : public Optimizer {
 public:
  Sgd(Context& ctx, const OptimizerOptions& options, const Parameters& parameters) : Optimizer(ctx), options_(options) {
    for (const Parameter& parameter : parameters) {
      velocities_.push_back(options.momentum.value_or(own_momentum) == 0
                                ? Tensor()
                                : add_state(ctx, parameter.name + ".velocity", parameter.value.shape()));
    }
  }

  void step(Context& ctx, const Parameters& parameters, double learning_rate) override {
    assert(parameters.size() == velocities_.size());
    declare(ctx, "sgd", parameters, 6, 12, 8);
    const int64_t t = next_step();
    if (ctx.is_meta()) return;
    for (size_t i = 0; i < parameters.size(); ++i) {
      const double rate = learning_rate * static_cast<double>(parameters[i].learning_rate_factor);
      const kernels::cpu::SgdStep step{.decay = static_cast<float>(decay_of(options_, parameters[i])),
                                       .momentum = static_cast<float>(options_.momentum.value_or(own_momentum)),
                                       .step = static_cast<float>(-rate)};
      const float* gradient = parameters[i].gradient.data<float>();
      const MasterValues values(ctx, parameters[i]);
      float *value = values.data(), *velocity = velocities_[i] ? velocities_[i].data<float>() : nullptr;
      for_ranges(ctx, parameters[i].value.elements(), [&](int64_t begin, int64_t end) {
        kernels::cpu::sgd(step, gradient + begin, end - begin, value + begin,
                          velocity == nullptr ? nullptr : velocity + begin);
      });
      values.store(ctx, options_.seed, t);
    }
  }

 private:
  OptimizerOptions options_;
  std::vector<Tensor> velocities_;
};

}  // namespace

MadeOptimizer make_sgd(Context& ctx, const OptimizerOptions& options, const Parameters& parameters) {
  return std::make_unique<Sgd>(ctx, options, parameters);
}

}  // namespace diptych::train
