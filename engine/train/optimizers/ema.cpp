#include "engine/train/optimizers/ema.h"

#include <algorithm>
#include <cstring>

#include "engine/core/error.h"
#include "engine/train/optimizers/ranges.h"
#include "kernels/cpu/optimizer.h"

namespace diptych::train {

Ema::Ema(Context& ctx, const Parameters& parameters, double decay) : decay_(decay) {
  if (!(decay >= 0 && decay < 1)) {
    throw Error(ErrorCategory::invalid_argument, "cannot average weights", "ema",
                std::to_string(decay) + " is not in [0, 1)", "0.999 is usual");
  }
  for (const Parameter& parameter : parameters) {
    assert(parameter.value.dtype() == DType::f32);
    Tensor average = ctx.output(parameter.value.shape(), DType::f32, Owner::optimizer);
    if (!ctx.is_meta()) {
      std::memcpy(average.raw(), parameter.value.raw(), static_cast<size_t>(parameter.value.bytes()));
    }
    state_.push_back({parameter.name, average});
  }
  Tensor updates = ctx.output({1}, DType::i64, Owner::optimizer);
  if (!ctx.is_meta()) *updates.data<int64_t>() = 0;
  state_.push_back({"updates", updates});
}

double Ema::decay_at(int64_t update) const {
  const auto before = static_cast<double>(update - 1);
  return update <= 1 ? 0 : std::min(decay_, (1 + before) / (10 + before));
}

void Ema::update(Context& ctx, const Parameters& parameters) {
  assert(parameters.size() + 1 == state_.size());
  double values = 0;
  for (const Parameter& parameter : parameters) values += static_cast<double>(parameter.value.elements());
  ctx.declare("ema", {.flops = 3 * values, .read_bytes = 8 * values, .written_bytes = 4 * values});
  if (ctx.is_meta()) return;
  const auto gain = static_cast<float>(1 - decay_at(++*state_.back().value.data<int64_t>()));
  for (size_t i = 0; i < parameters.size(); ++i) {
    const float* value = parameters[i].value.data<float>();
    float* average = state_[i].value.data<float>();
    for_ranges(ctx, parameters[i].value.elements(), [&](int64_t begin, int64_t end) {
      kernels::cpu::moving_average(gain, value + begin, end - begin, average + begin);
    });
  }
}

void Ema::swap(Context& ctx, const Parameters& parameters) {
  if (ctx.is_meta()) return;
  for (size_t i = 0; i < parameters.size(); ++i) {
    float *value = parameters[i].value.data<float>(), *average = state_[i].value.data<float>();
    std::swap_ranges(value, value + parameters[i].value.elements(), average);
  }
}

}  // namespace diptych::train
