#include "engine/model/control_model.h"

#include <cmath>

#include "engine/ops/elementwise.h"

namespace diptych {
namespace {

// Place `index` of those that grow by equal factors from a tenth to all, the middle being the last.
double share_of_place(size_t index, size_t skips) {
  return std::pow(10.0, -1.0 + static_cast<double>(index) / static_cast<double>(skips));
}

}  // namespace

ControlResiduals scaled(Context& ctx, const ControlResiduals& residuals, double scale, bool growing) {
  const auto times = [&](const Tensor& x, double factor) {
    return x && factor != 1 ? scale_offset(ctx, x, static_cast<float>(factor), 0) : x;
  };
  ControlResiduals result;
  const size_t skips = residuals.skips.size();
  for (size_t i = 0; i < skips; ++i) {
    result.skips.push_back(times(residuals.skips[i], growing ? scale * share_of_place(i, skips) : scale));
  }
  result.middle = times(residuals.middle, scale);
  for (const Tensor& level : residuals.levels) result.levels.push_back(times(level, scale));
  return result;
}

}  // namespace diptych
