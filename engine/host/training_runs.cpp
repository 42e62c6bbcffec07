#include "engine/host/training_runs.h"

#include <algorithm>
#include <utility>

#include "engine/core/error.h"
#include "engine/core/log.h"
#include "engine/host/errors.h"
#include "engine/host/streams.h"
#include "engine/host/training_results.h"
#include "engine/io/atomic_file.h"

namespace diptych::host {
namespace {

namespace fs = std::filesystem;

constexpr auto tell_every = std::chrono::milliseconds(300);
constexpr auto keep_every = std::chrono::seconds(2);
constexpr int64_t keep_deleted_runs_ms = 30LL * 24 * 3600 * 1000;

// By path: a base from outside the library is not known by its id to the next host.
api::Json resumed_recipe(const api::TrainingRun& run) {
  api::Json recipe = run.recipe;
  recipe["base"] = run.base_path;
  return recipe;
}

std::string name_for(const std::string& asked, const TrainingTarget& target) {
  if (!asked.empty()) return asked;
  const std::string data = fs::path(target.recipe.data.front().path).stem().string();
  return target.id + " on " + (data.empty() ? "its data" : data);
}

}  // namespace

void TrainingRuns::refuse_state(const api::TrainingRun& run, const char* what, const std::string& to_do) {
  throw Error(ErrorCategory::unavailable, what, run.name, std::string("it is ") + api::enum_name(run.state), to_do);
}

TrainingRuns::TrainingRuns(TrainingRunsServices services) : services_(std::move(services)) {
  for (api::TrainingRun& run :
       services_.reader.read([](Database& database) { return store::training_runs(database); })) {
    const auto live = std::make_shared<Live>();
    live->run = std::move(run);
    runs_[live->run.id] = live;
  }
  for (const auto& [id, live] : runs_) {
    api::TrainingRun& run = live->run;
    if (!is_active(run.state)) continue;
    const bool waited = run.state == api::RunState::queued;
    run.checkpoint_step = newest_checkpoint_step(run.output);
    run.step = run.checkpoint_step.value_or(0);
    run.state = api::RunState::interrupted;
    run.phase.clear();
    run.seconds_left.reset();
    if (run.ended_ms == 0) run.ended_ms = now_ms();
    write(run);
    if (!waited) continue;
    try {
      live->target = training_target(resumed_recipe(run), services_.models, "");
      enqueue(live, true);
    } catch (...) {
      log_warning("the training run " + run.name + " no longer waits: " + describe(std::current_exception()).message);
    }
  }
}

void TrainingRuns::write(const api::TrainingRun& run) {
  services_.writer.post([run](Database& database) { store::write_training_run(database, run); });
}

TrainingRuns::LivePtr TrainingRuns::find(const std::string& id) const {
  const auto found = runs_.find(id);
  if (found != runs_.end()) return found->second;
  throw Error(ErrorCategory::not_found, "cannot find training run", id.substr(0, 100), "there is none of this id",
              "list the runs again");
}

// Every change goes through here: clients hear of it and the database keeps it, steps not each by itself.
void TrainingRuns::change(const LivePtr& live, const std::function<void(api::TrainingRun&)>& what, bool at_once) {
  api::TrainingRun now;
  bool tell = at_once, keep = at_once;
  {
    const std::lock_guard lock(mutex_);
    what(live->run);
    live->run.revision = std::max(live->run.revision + 1, now_ms());  // greater than before a restart, too
    const auto time = SteadyClock::now();
    tell = tell || time - live->told > tell_every;
    keep = keep || time - live->kept > keep_every;
    if (tell) live->told = time;
    if (keep) live->kept = time;
    now = live->run;
  }
  if (keep) write(now);
  if (tell) services_.changed(now);
}

api::TrainingRun TrainingRuns::start(const api::Json& recipe, const std::string& name) {
  const std::string id = new_id('t');
  const auto base = recipe.find("base");
  const bool named = base != recipe.end() && base->is_string();
  const std::string called = name.empty() && named ? fs::path(base->get<std::string>()).stem().string() : name;
  TrainingTarget target =
      training_target(recipe, services_.models, folder_name(called) + "-" + id.substr(id.size() - 6));
  const api::TrainingPlan plan = services_.planner.plan(target, false);
  services_.planner.refuse_if_too_large(target, plan);
  services_.make_room(plan.memory_bytes);
  const auto live = std::make_shared<Live>();
  api::TrainingRun& run = live->run;
  run.id = id;
  run.name = name_for(name, target);
  run.kind = training_kind(target.kind);
  run.base = target.id;
  run.base_path = target.path.string();
  run.recipe = recipe_json(target.recipe, target.id);
  run.output = target.recipe.output;
  run.steps = plan.steps;
  run.predicted_memory_bytes = plan.memory_bytes;
  run.seconds_left = plan.seconds.value;
  run.revision = run.created_ms = now_ms();
  {
    const std::lock_guard lock(mutex_);
    for (const auto& [other_id, other] : runs_) {
      if (!is_active(other->run.state) || other->run.output != run.output) continue;
      throw Error(ErrorCategory::unavailable, "cannot train into", run.output, "another run writes there",
                  "choose another output folder, or stop " + other->run.name);
    }
  }
  if (newest_checkpoint_step(run.output)) {
    throw Error(ErrorCategory::invalid_argument, "cannot train into", run.output,
                "there are checkpoints of another run", "choose another output folder, or resume that run");
  }
  write_text_file(fs::path(run.output) / "recipe.json", train::write_recipe(target.recipe));
  live->target = std::move(target);
  {
    const std::lock_guard lock(mutex_);
    runs_[id] = live;
  }
  enqueue(live, false);
  return get(id);
}

api::TrainingRun TrainingRuns::resume(const std::string& id) {
  LivePtr live;
  api::TrainingRun run;
  {
    const std::lock_guard lock(mutex_);
    live = find(id);
    run = live->run;
    if (!can_resume(run)) {
      refuse_state(run, "cannot resume", is_active(run.state) ? "wait for it" : "start another run with its recipe");
    }
  }
  TrainingTarget target = training_target(resumed_recipe(run), services_.models, "");
  const api::TrainingPlan plan = services_.planner.plan(target, false);
  services_.planner.refuse_if_too_large(target, plan);
  services_.make_room(plan.memory_bytes);
  {
    const std::lock_guard lock(mutex_);
    if (is_active(live->run.state)) refuse_state(live->run, "cannot resume", "wait for it");
    live->target = std::move(target);
  }
  enqueue(live, true);
  return get(id);
}

api::TrainingRun TrainingRuns::patch(const std::string& id, const api::TrainingRunPatch& patch) {
  LivePtr live;
  {
    const std::lock_guard lock(mutex_);
    live = find(id);
    if (patch.deleted.value_or(false) && is_active(live->run.state)) {
      refuse_state(live->run, "cannot delete", "stop it first");
    }
    if (patch.name && (patch.name->empty() || patch.name->size() > 200)) refuse("name", "it is empty or too long");
  }
  change(live, [&](api::TrainingRun& run) {
    if (patch.name) run.name = *patch.name;
    if (patch.deleted) run.deleted_ms = *patch.deleted ? std::optional(now_ms()) : std::nullopt;
  });
  return get(id);
}

api::TrainingRuns TrainingRuns::list(bool deleted) const {
  api::TrainingRuns list;
  const std::lock_guard lock(mutex_);
  for (auto it = runs_.rbegin(); it != runs_.rend(); ++it) {
    if (it->second->run.deleted_ms.has_value() == deleted) list.runs.push_back(it->second->run);
  }
  return list;
}

api::TrainingRun TrainingRuns::get(const std::string& id) const {
  const std::lock_guard lock(mutex_);
  return find(id)->run;
}

api::TrainingResults TrainingRuns::results() const {
  api::TrainingResults all;
  for (const api::TrainingRun& run : list(false).runs) {
    const auto own = training_results(run);
    all.results.insert(all.results.end(), own.begin(), own.end());
  }
  std::ranges::stable_sort(all.results, std::ranges::greater(), &api::TrainingResult::created_ms);
  return all;
}

void TrainingRuns::prune(int64_t time_ms) {
  std::vector<api::TrainingRun> old;
  {
    const std::lock_guard lock(mutex_);
    for (auto it = runs_.begin(); it != runs_.end();) {
      const auto& deleted = it->second->run.deleted_ms;
      const bool over = deleted && *deleted < time_ms - keep_deleted_runs_ms;
      if (over) old.push_back(it->second->run);
      it = over ? runs_.erase(it) : std::next(it);
    }
  }
  for (const api::TrainingRun& run : old) {
    // A folder that the user chose is the user's.
    std::error_code error;
    if (fs::path(run.output).parent_path() == training_folder()) fs::remove_all(run.output, error);
    services_.writer.post([id = run.id](Database& database) { store::remove_training_run(database, id); });
    services_.removed(run.id);
  }
}

}  // namespace diptych::host
