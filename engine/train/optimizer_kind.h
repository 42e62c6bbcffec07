// The optimizers that recipes name and training has.
#pragma once

namespace diptych::train {

enum class OptimizerKind { adamw, adamw_8bit, adafactor, lion, prodigy, sgd, muon };

}  // namespace diptych::train
