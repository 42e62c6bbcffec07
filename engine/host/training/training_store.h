// Training runs and measured speeds in the database. Functions that change something run inside a transaction of the
// caller.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "engine/api/training.h"
#include "engine/host/store/database.h"

namespace diptych::host {

// How a base's last run with a method went, against what the meta device said of it.
struct TrainingSpeeds {
  double slowdown = 0;  // measured time of a step over its time at the roofline; 0: not known
  double watts = 0;     // while it ran; 0: not known
};

template <typename V>
void fields(V& v, TrainingSpeeds& x) {
  v("slowdown", x.slowdown);
  v("watts", x.watts);
}

namespace store {

void write_training_run(Database& database, const api::TrainingRun& run);  // new, or known by its id
std::vector<api::TrainingRun> training_runs(Database& database);           // latest first
void remove_training_run(Database& database, const std::string& id);

std::optional<TrainingSpeeds> read_training_speeds(Database& database, const std::string& name);
void write_training_speeds(Database& database, const std::string& name, const TrainingSpeeds& speeds);

}  // namespace store
}  // namespace diptych::host
