// All weights of a model after full training.
#pragma once

#include <filesystem>

#include "engine/train/full.h"

namespace diptych::train {

// FOLDER/model.safetensors in f32, under the names of the model's file and in its shapes. Error (io).
void write_weights(Context& ctx, const FullTraining& part, const std::filesystem::path& folder);

}  // namespace diptych::train
