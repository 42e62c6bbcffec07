#include "engine/diffusion/guidance.h"

#include <cmath>

namespace diptych::diffusion {
namespace {

double deviation_of(std::span<const float> values) {
  double sum = 0, squares = 0;
  for (const float value : values) sum += value;
  const double mean = sum / static_cast<double>(values.size());
  for (const float value : values) squares += (value - mean) * (value - mean);
  return std::sqrt(squares / static_cast<double>(values.size() - 1));
}

}  // namespace

bool Guidance::active(int evaluation, int evaluations) const {
  const double place = static_cast<double>(evaluation) / static_cast<double>(evaluations);
  return scale != 1 && place >= begin && (place < end || end >= 1);
}

void guide(const Guidance& guidance, std::span<const float> unconditional, std::span<float> conditional) {
  const auto scale = static_cast<float>(guidance.scale);
  const bool rescaled = guidance.rescale > 0 && conditional.size() > 1;
  const double before = rescaled ? deviation_of(conditional) : 0;
  for (size_t i = 0; i < conditional.size(); ++i) {
    conditional[i] = unconditional[i] + scale * (conditional[i] - unconditional[i]);
  }
  if (!rescaled) return;
  const double after = deviation_of(conditional);
  if (after == 0) return;
  const auto factor = static_cast<float>(guidance.rescale * before / after + (1 - guidance.rescale));
  for (float& value : conditional) value *= factor;
}

}  // namespace diptych::diffusion
