// AdamW with moments in 8 bits (Dettmers et al. 2022): 2.03 bytes a value in place of 8. As in bitsandbytes, small
// parameters (norms, biases), which save nothing, keep theirs in f32.
#include "kernels/cpu/adamw_8bit.h"

#include <cstring>

#include "engine/train/optimizers/master_values.h"
#include "engine/train/optimizers/optimizers.h"
#include "engine/train/optimizers/ranges.h"

namespace diptych::train {
namespace {

using kernels::cpu::DynamicMap;
using kernels::cpu::moment_block;
static_assert(range_values % moment_block == 0);

constexpr int64_t fewest_quantized = 4096;

class AdamW8Bit final : public Optimizer {
 public:
  AdamW8Bit(Context& ctx, const OptimizerOptions& options, const Parameters& parameters)
      : Optimizer(ctx), options_(options) {
    for (const Parameter& parameter : parameters) {
      const Shape& shape = parameter.value.shape();
      const bool quantized = shape.elements() >= fewest_quantized;
      const DType type = quantized ? DType::u8 : DType::f32;
      Moments one;
      one.first = add_state(ctx, parameter.name + ".first_moment", shape, type);
      one.second = add_state(ctx, parameter.name + ".second_moment", shape, type);
      if (quantized) {
        const int64_t blocks = (shape.elements() + moment_block - 1) / moment_block;
        one.first_scales = add_state(ctx, parameter.name + ".first_moment_scales", {blocks});
        one.second_scales = add_state(ctx, parameter.name + ".second_moment_scales", {blocks});
        fill_with_zero(one.first, DynamicMap::with_sign());
        fill_with_zero(one.second, DynamicMap::without_sign());
      }
      moments_.push_back(one);
    }
  }

  void step(Context& ctx, const Parameters& parameters, double learning_rate) override {
    assert(parameters.size() == moments_.size());
    declare(ctx, "adamw_8bit", parameters, 14, 10, 6);
    const int64_t t = next_step();
    if (ctx.is_meta()) return;
    for (size_t i = 0; i < parameters.size(); ++i) {
      const MasterValues values(ctx, parameters[i]);
      change(ctx, parameters[i], values.data(), moments_[i], adamw_step(options_, parameters[i], learning_rate, t));
      values.store(ctx, options_.seed, t);
    }
  }

 private:
  struct Moments {
    Tensor first, second;  // u8 codes with scales, or f32
    Tensor first_scales, second_scales;
  };

  static void fill_with_zero(Tensor& codes, const DynamicMap& map) {
    if (!codes.is_meta()) std::memset(codes.raw(), map.nearest(0), static_cast<size_t>(codes.bytes()));
  }

  static void change(Context& ctx, const Parameter& parameter, float* value, const Moments& moments,
                     const kernels::cpu::AdamWStep& step) {
    const float* gradient = parameter.gradient.data<float>();
    for_ranges(ctx, parameter.value.elements(), [&](int64_t begin, int64_t end) {
      if (moments.first_scales) {
        const int64_t block = begin / moment_block;
        kernels::cpu::adamw_8bit(step, gradient + begin, end - begin, value + begin,
                                 {moments.first.data<uint8_t>() + begin, moments.first_scales.data<float>() + block,
                                  moments.second.data<uint8_t>() + begin, moments.second_scales.data<float>() + block});
      } else {
        kernels::cpu::adamw(step, gradient + begin, end - begin, value + begin, moments.first.data<float>() + begin,
                            moments.second.data<float>() + begin);
      }
    });
  }

  OptimizerOptions options_;
  std::vector<Moments> moments_;
};

}  // namespace

MadeOptimizer make_adamw_8bit(Context& ctx, const OptimizerOptions& options, const Parameters& parameters) {
  return std::make_unique<AdamW8Bit>(ctx, options, parameters);
}

}  // namespace diptych::train
