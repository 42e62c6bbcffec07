// A noisy series made readable: an exponential average that starts at the first value, not at zero.
#pragma once

#include <QList>

namespace diptych::finetune {

// `weight` in [0, 1): of what came before; 0 changes nothing. Values that are no numbers are left out of the average
// and stay as they are.
QList<double> smoothed(const QList<double>& values, double weight);

}  // namespace diptych::finetune
