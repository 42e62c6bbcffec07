#include "engine/host/training/training_store.h"

#include "engine/core/log.h"

namespace diptych::host::store {

void write_training_run(Database& database, const api::TrainingRun& run) {
  Statement write(database,
                  "INSERT INTO training_runs (id, created_ms, deleted_ms, run) VALUES (?, ?, ?, ?) ON CONFLICT (id) DO "
                  "UPDATE SET deleted_ms = excluded.deleted_ms, run = excluded.run");
  write << run.id << run.created_ms << run.deleted_ms << api::dump(api::to_json(run));
  write.run();
}

std::vector<api::TrainingRun> training_runs(Database& database) {
  Statement rows(database, "SELECT run FROM training_runs ORDER BY created_ms DESC, id DESC");
  std::vector<api::TrainingRun> runs;
  while (rows.step()) {
    const auto json = api::parse(rows.text(0));
    if (!json) continue;
    try {
      runs.push_back(api::from_json<api::TrainingRun>(*json));
    } catch (const api::FieldError& error) {
      log_warning(std::string("a training run is not readable: ") + error.what());
    }
  }
  return runs;
}

void remove_training_run(Database& database, const std::string& id) {
  Statement remove(database, "DELETE FROM training_runs WHERE id = ?");
  remove << id;
  remove.run();
}

std::optional<TrainingSpeeds> read_training_speeds(Database& database, const std::string& name) {
  Statement row(database, "SELECT speeds FROM training_speeds WHERE name = ?");
  row << name;
  if (!row.step()) return std::nullopt;
  const auto json = api::parse(row.text(0));
  if (!json || !json->is_object()) return std::nullopt;
  return api::from_json<TrainingSpeeds>(*json);
}

void write_training_speeds(Database& database, const std::string& name, const TrainingSpeeds& speeds) {
  Statement write(database,
                  "INSERT INTO training_speeds (name, speeds) VALUES (?, ?) ON CONFLICT (name) DO UPDATE SET speeds = "
                  "excluded.speeds");
  write << name << api::dump(api::to_json(speeds));
  write.run();
}

}  // namespace diptych::host::store
