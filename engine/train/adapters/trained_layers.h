// Adapters in training as exports take them.
#pragma once

#include <string>

#include "engine/train/adapters/adapter_training.h"
#include "engine/train/adapters/trained_adapter.h"

namespace diptych::train {

// Values are copied: training may go on. Rows that the model's file has in pairs are put back in order, under the names
// of Hugging Face.
TrainedAdapter trained_adapter(Context& ctx, const AdapterTraining& training, const std::string& component);

}  // namespace diptych::train
