#include "models/sd3/sd3_positions.h"

#include <cmath>

namespace diptych::models {

Sd3Positions::Sd3Positions(WeightLoader& weights, const Sd3Config& config)
    : side_(config.positions), form_{.width = config.width(), .base = config.sample_size / config.patch} {
  const int64_t places = side_ * side_;
  const std::string name = "pos_embed.pos_embed";
  table_ = weights.shape(name).rank() == 2 ? weights.matrix(name, places, form_.width)
                                           : weights.matrix(name, places, form_.width, {1, places, form_.width});
  const bool half = table_.dtype == DType::f16 || table_.dtype == DType::bf16;
  computed_ = half && form_.width % 4 == 0 && form_.base > 0 && rounded_formula(weights.context());
}

// The diagonal holds every line's and every column's values. On meta, where there are none, it is assumed.
bool Sd3Positions::rounded_formula(Context& ctx) const {
  const float rounding = table_.dtype == DType::f16 ? 0x1p-11f : 0x1p-8f;
  for (int64_t i = 0; i < side_; ++i) {
    const Tensor stored = embedding(ctx, table_, std::vector<int32_t>{static_cast<int32_t>(i * side_ + i)});
    const Tensor exact = position_table(ctx, 1, 1, form_, {.side = side_, .top = i, .left = i});
    for (int64_t k = 0; k < form_.width && !ctx.is_meta(); ++k) {
      const float value = exact.data<float>()[k];
      // Twice the rounding: programs differ in the last digit of what they round.
      if (!(std::abs(stored.data<float>()[k] - value) <= 2 * rounding * std::abs(value) + 1e-6f)) return false;
    }
  }
  return true;
}

Tensor Sd3Positions::crop(Context& ctx, int64_t lines, int64_t columns) const {
  const int64_t top = (side_ - lines) / 2, left = (side_ - columns) / 2;
  if (computed_) return position_table(ctx, lines, columns, form_, {.side = side_, .top = top, .left = left});
  std::vector<int32_t> places;
  for (int64_t line = top; line < top + lines; ++line) {
    for (int64_t column = left; column < left + columns; ++column) {
      places.push_back(static_cast<int32_t>(line * side_ + column));
    }
  }
  return embedding(ctx, table_, places);
}

}  // namespace diptych::models
