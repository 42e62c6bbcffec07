// Muon (Jordan 2024): the momentum of a matrix is made orthogonal before it is a step, so that all of its directions
// are learned at the same rate. Steps have the root mean square of AdamW's (Liu et al. 2025, "Muon is Scalable for LLM
// Training"), whose learning rates and weight decay so serve both; arithmetic as torch.optim.Muon with match_rms_adamw,
// in f32. It is for matrices inside of blocks; vectors and what stands before and behind the blocks have AdamW.
#include <algorithm>
#include <cmath>
#include <optional>

#include "engine/ops/kernel_table.h"
#include "engine/train/master_values.h"
#include "engine/train/newton_schulz.h"
#include "engine/train/optimizers.h"
#include "engine/train/ranges.h"

namespace diptych::train {
namespace {

constexpr double size_of_adamw_step = 0.2;  // root mean square

// A part of the name between dots is a number: "transformer_blocks.3.attn1.to_q.weight", "blk.3.ffn_up.weight".
bool is_in_block(const std::string& name) {
  for (size_t begin = 0; begin < name.size();) {
    const size_t end = std::min(name.find('.', begin), name.size());
    const auto is_digit = [](char one) { return one >= '0' && one <= '9'; };
    if (end > begin && std::all_of(name.data() + begin, name.data() + end, is_digit)) return true;
    begin = end + 1;
  }
  return false;
}

bool is_orthogonalized(const Parameter& parameter) {
  const Shape& shape = parameter.value.shape();
  return shape.rank() == 2 && std::min(shape[0], shape[1]) > 1 && is_in_block(parameter.name);
}

class Muon final : public Optimizer {
 public:
  Muon(Context& ctx, const OptimizerOptions& options, const Parameters& parameters)
      : Optimizer(ctx), options_(options) {
    std::vector<Shape> matrices;
    for (const Parameter& parameter : parameters) {
      const Shape& shape = parameter.value.shape();
      Moments moments{.first = add_state(ctx, parameter.name + ".first_moment", shape)};
      const auto values = static_cast<double>(shape.elements());
      if (is_orthogonalized(parameter)) {
        matrices.push_back(shape);
        flops_ += 10 * values + NewtonSchulz::flops(shape[0], shape[1]);
      } else {
        moments.second = add_state(ctx, parameter.name + ".second_moment", shape);
        flops_ += 14 * values;
      }
      moments_.push_back(moments);
      values_ += values;
    }
    if (!matrices.empty()) newton_schulz_.emplace(ctx, matrices);
  }

  void step(Context& ctx, const Parameters& parameters, double learning_rate) override {
    assert(parameters.size() == moments_.size());
    declare(ctx, "muon", parameters, flops_ / std::max(1.0, values_), 16, 12);
    const int64_t t = next_step();
    if (ctx.is_meta()) return;
    for (size_t i = 0; i < parameters.size(); ++i) {
      const MasterValues values(ctx, parameters[i]);
      if (moments_[i].second) {
        adamw(ctx, parameters[i], values, moments_[i], learning_rate, t);
      } else {
        orthogonalized(ctx, parameters[i], values, moments_[i], learning_rate);
      }
      values.store(ctx, options_.seed, t);
    }
  }

 private:
  struct Moments {
    Tensor first, second = {};  // none: an orthogonalized matrix
  };

  void adamw(Context& ctx, const Parameter& parameter, const MasterValues& values, const Moments& moments,
             double learning_rate, int64_t t) const {
    const kernels::cpu::AdamWStep step = adamw_step(options_, parameter, learning_rate, t);
    const float* gradient = parameter.gradient.data<float>();
    float *value = values.data(), *first = moments.first.data<float>(), *second = moments.second.data<float>();
    for_ranges(ctx, parameter.value.elements(), [&](int64_t begin, int64_t end) {
      kernels::cpu::adamw(step, gradient + begin, end - begin, value + begin, first + begin, second + begin);
    });
  }

  // Nesterov's momentum, as torch.optim.Muon has it, orthogonal and added.
  void orthogonalized(Context& ctx, const Parameter& parameter, const MasterValues& values, const Moments& moments,
                      double learning_rate) const {
    const Shape& shape = parameter.value.shape();
    const bool is_tall = shape[0] > shape[1];
    const Tensor wide = newton_schulz_->input(std::min(shape[0], shape[1]), std::max(shape[0], shape[1]));
    // What is turned on its way is put together in the gradient, which is no longer needed.
    Tensor ahead = is_tall ? parameter.gradient : wide;
    move(ctx, parameter.gradient, moments.first, ahead);
    if (is_tall) {
      Tensor turned = wide;
      kernel_table(ctx).transpose(ctx.pool(), ahead, turned);
    }
    Tensor update = newton_schulz_->orthogonal(ctx, wide);
    if (is_tall) {
      kernel_table(ctx).transpose(ctx.pool(), update, ahead);
      update = ahead;
    }
    const double rate = learning_rate * static_cast<double>(parameter.learning_rate_factor);
    const double size = size_of_adamw_step * std::sqrt(static_cast<double>(std::max(shape[0], shape[1])));
    const kernels::cpu::SgdStep step{.decay = static_cast<float>(decay_of(options_, parameter) / size),
                                     .momentum = 0,
                                     .step = static_cast<float>(-rate * size)};
    for_ranges(ctx, shape.elements(), [&](int64_t begin, int64_t end) {
      kernels::cpu::sgd(step, update.data<float>() + begin, end - begin, values.data() + begin, nullptr);
    });
  }

  // moment += gain (gradient - moment); ahead = gradient + momentum (moment - gradient)
  void move(Context& ctx, const Tensor& gradient, const Tensor& moment, const Tensor& ahead) const {
    const auto gain = static_cast<float>(1 - options_.momentum.value_or(0.95));
    const float* from = gradient.data<float>();
    float *first = moment.data<float>(), *to = ahead.data<float>();
    for_ranges(ctx, gradient.elements(), [&](int64_t begin, int64_t end) {
      constexpr int64_t piece = 1024;
      for (int64_t at = begin; at < end; at += piece) {
        const int64_t count = std::min(piece, end - at);
        float moved[piece];
        kernels::cpu::moving_average(gain, from + at, count, first + at);
        std::copy_n(first + at, count, moved);
        kernels::cpu::moving_average(gain, from + at, count, moved);
        std::copy_n(moved, count, to + at);
      }
    });
  }

  OptimizerOptions options_;
  std::vector<Moments> moments_;
  std::optional<NewtonSchulz> newton_schulz_;
  double flops_ = 0, values_ = 0;  // of a step; of all parameters
};

}  // namespace

MadeOptimizer make_muon(Context& ctx, const OptimizerOptions& options, const Parameters& parameters) {
  return std::make_unique<Muon>(ctx, options, parameters);
}

}  // namespace diptych::train
