// What a run has left in its output folder.
#pragma once

#include <filesystem>
#include <optional>
#include <vector>

#include "engine/api/training.h"

namespace diptych::host {

// The final result first, then those of checkpoints, latest first.
std::vector<api::TrainingResult> training_results(const api::TrainingRun& run);

// The step of the newest checkpoint.
std::optional<int64_t> newest_checkpoint_step(const std::filesystem::path& output);

// Rows of metrics.jsonl behind step `after`, at most `limit`.
api::TrainingMetrics read_training_metrics(const std::filesystem::path& output, int64_t after, int64_t limit,
                                           int64_t steps);

}  // namespace diptych::host
