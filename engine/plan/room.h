// Whether a run fits this machine: what it takes of memory and disk against what is free, before any of it is loaded.
#pragma once

#include <cstdint>
#include <filesystem>
#include <functional>
#include <nlohmann/json.hpp>
#include <string>

#include "engine/plan/forecast.h"

namespace diptych::plan {

// Checkpoints up to the recipe's budget (two of them at least: one is written beside the last), the result, and what is
// saved beside.
int64_t disk_bytes_of(const train::Recipe& recipe, const TrainingForecast& forecast);

// Without room for so much a run is not begun: two checkpoints and the result.
int64_t least_disk_bytes(const TrainingForecast& forecast);

int64_t free_disk_bytes(std::filesystem::path folder);  // where it will be made: of the nearest one that is there

// Error (out_of_memory): `base` needs more than is free, and what to do.
void require_memory(const std::string& base, int64_t needed_bytes, int64_t free_bytes, const std::string& to_do);

// Error (io): so much does not go into `output`.
void require_disk(const std::string& output, int64_t needed_bytes, int64_t free_bytes);

// What turns one object into the other (RFC 7396).
nlohmann::ordered_json merge_patch(const nlohmann::ordered_json& from, const nlohmann::ordered_json& to);

// A recipe that reads all of its base's weights from the file and needs `needed_bytes`: as many of them stay in memory
// as there is room for. Others are left as they are. `needs`: what a recipe needs, in bytes; the result is that of what
// it has become.
int64_t keep_what_fits(train::Recipe& recipe, int64_t needed_bytes, int64_t free_bytes,
                       const std::function<int64_t(const train::Recipe&)>& needs);

// For who edits the recipe: the alternative that costs least of those that need at most `free_bytes`, with the keys to
// set; else what there is beside alternatives.
std::string advice_for(const OpenTask& open, const train::Recipe& recipe, train::BaseKind kind, int64_t free_bytes,
                       const CancelToken& cancel = {});

}  // namespace diptych::plan
