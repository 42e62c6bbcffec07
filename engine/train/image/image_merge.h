// An adapter taken into an image model for good: the model written anew in the form of its base, each weight in the
// type that it has there.
#pragma once

#include <filesystem>
#include <span>

#include "engine/core/context.h"
#include "engine/io/library/model_ref.h"
#include "engine/model/adapters.h"
#include "engine/model/registry.h"

namespace diptych::train {

// A folder of diffusers becomes a folder `path`, where a component that changes has one file of weights, and all else
// is a second name of the base's file, or a copy. A checkpoint of one file becomes a file, the same but for the bytes
// of what changes. Weights are merged one by one: a model larger than memory can be. What was written is opened again
// and compared. Error as apply_adapters and MergedWeights; unsupported: quantized weights, a weight of another file
// than the base's; (io).
void write_merged_image_model(Context& ctx, const ModelRegistry& registry, const ModelRef& base,
                              std::span<const AdapterUse> uses, const std::filesystem::path& path);

}  // namespace diptych::train
