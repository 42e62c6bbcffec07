#include "ui/panels/finetune/smoothing.h"

#include <cmath>

namespace diptych::finetune {

QList<double> smoothed(const QList<double>& values, double weight) {
  QList<double> result;
  result.reserve(values.size());
  double sum = 0, weights = 0;  // divided, so that the first values are not drawn towards zero
  for (const double value : values) {
    if (!std::isfinite(value)) {
      result << value;
      continue;
    }
    sum = weight * sum + (1 - weight) * value;
    weights = weight * weights + (1 - weight);
    result << sum / weights;
  }
  return result;
}

}  // namespace diptych::finetune
