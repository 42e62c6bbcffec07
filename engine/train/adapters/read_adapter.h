// An adapter's file as training holds it: to export it in another format, or to go on training it.
#pragma once

#include "engine/core/context.h"
#include "engine/model/adapter_file.h"
#include "engine/train/adapters/trained_adapter.h"

namespace diptych::train {

// Values in f32, with the shapes of the file; scales as alphas of each layer. Error (unsupported): a layer that changes
// biases or whole weights; (invalid_file): damaged.
TrainedAdapter read_trained_adapter(Context& ctx, const Adapter& adapter);

}  // namespace diptych::train
