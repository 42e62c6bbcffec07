// Whether a training run fits this machine, asked before anything is loaded.
#pragma once

#include "app/cli/training_base.h"
#include "engine/core/cancel.h"

namespace diptych::cli {

// Runs it on meta with its data, and says what it will take. Error (out_of_memory, io) where memory or
// disk do not suffice, with what would make it fit; else as train::open_task. `limit_gb`: 0 for what is free.
// `resumed`: one of the checkpoints is there.
void check_room(const ModelRegistry& registry, const train::Recipe& recipe, const TrainingBase& base,
                const train::TaskData& data, double limit_gb, bool resumed, const CancelToken& cancel);

}  // namespace diptych::cli
