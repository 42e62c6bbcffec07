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

[[noreturn]] void refuse_state(const api::TrainingRun& run, const char* what, const std::string& to_do) {
  throw Error(ErrorCategory::unavailable, what, run.name, std::string("it is ") + api::enum_name(run.state), to_do);
}

// By path: a base from outside the library is not known by its id to the next host.
api::Json resumed_recipe(const api::TrainingRun& run) {
  api::Json recipe = run.recipe;
  recipe["base"] = run.base_path;
  return recipe;
}

// There is nothing yet that a checkpoint could keep.
bool is_preparing(const std::string& phase) {
  return phase == "waiting" || phase == "loading" || phase == "data" || phase == "encoding";
}

std::string name_for(const std::string& asked, const TrainingTarget& target) {
  if (!asked.empty()) return asked;
  const std::string data = fs::path(target.recipe.data.front().path).stem().string();
  return target.id + " on " + (data.empty() ? "its data" : data);
}

}  // namespace

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

void TrainingRuns::enqueue(const LivePtr& live, bool resumes) {
  const std::string id = live->run.id;
  auto job = services_.jobs.create_and_post(api::JobKind::training, "Train " + live->run.name,
                                            {{"run", id}, {"model", live->run.base}});
  change(live, [&](api::TrainingRun& run) {
    run.state = api::RunState::queued;
    run.phase = "waiting";
    run.error.reset();
    run.job = job->id();
    run.ended_ms = 0;
    live->job = job;
    live->control = std::make_shared<TrainingControl>();
    live->resumes = resumes;
    waiting_.push_back(live);
  });
  next();
}

void TrainingRuns::next() {
  LivePtr live;
  {
    const std::lock_guard lock(mutex_);
    if (running_ || stopping_ || waiting_.empty()) return;
    live = running_ = waiting_.front();
    waiting_.pop_front();
  }
  services_.queue.post_long([this, live] { execute(live); });
}

TrainingHooks TrainingRuns::hooks_for(const LivePtr& live) {
  const std::shared_ptr<Job> job = live->job;
  TrainingHooks hooks;
  const auto progress = [this, live, job](const std::string& phase) {
    double done = 0;
    change(
        live,
        [&](api::TrainingRun& run) {
          run.phase = phase;
          done = run.steps > 0 ? static_cast<double>(run.step) / static_cast<double>(run.steps) : 0;
        },
        false);
    job->progress_event("progress", {{"progress", done}, {"phase", phase}}, done);
  };
  hooks.phase = progress;
  hooks.begun = [this, live](int64_t steps) { change(live, [&](api::TrainingRun& run) { run.steps = steps; }); };
  hooks.step = [this, live, job](const api::TrainingStep& step) {
    job->event("step", api::to_json(step));
    const double done = static_cast<double>(step.step) / static_cast<double>(std::max<int64_t>(1, step.steps));
    change(
        live,
        [&](api::TrainingRun& run) {
          run.step = step.step;
          run.loss = step.loss;
          if (step.validation_loss) run.validation_loss = step.validation_loss;
          run.memory_bytes = step.memory_bytes;
          run.seconds_left = step.seconds_left;
        },
        false);
    job->progress_event("progress", {{"progress", done}, {"phase", "training"}}, done);
  };
  hooks.sample = [job](const api::TrainingSample& sample) { job->event("sample", api::to_json(sample)); };
  hooks.note = [job](const api::TrainingNote& note) { job->event("note", api::to_json(note)); };
  hooks.checkpoint = [this, live, job](int64_t step, const fs::path& path) {
    job->event("checkpoint", api::to_json(api::TrainingCheckpoint{step, path.string()}));
    change(live, [&](api::TrainingRun& run) {
      run.checkpoint_step = step;
      run.results = training_results(run);
    });
  };
  return hooks;
}

void TrainingRuns::execute(const LivePtr& live) {
  std::shared_ptr<TrainingControl> control;
  TrainingTarget target;
  int64_t predicted_bytes = 0;
  bool resumes = false;
  {
    const std::lock_guard lock(mutex_);
    if (stopping_) {  // it waits for the next host
      running_ = nullptr;
      return;
    }
    control = live->control;
    target = live->target;
    resumes = live->resumes;
    predicted_bytes = live->run.predicted_memory_bytes.value_or(0);
  }
  std::optional<TrainingOutcome> outcome;
  std::optional<api::ErrorInfo> error;
  try {
    control->abort.throw_if_cancelled();
    live->job->start();
    change(live, [](api::TrainingRun& run) {
      run.state = api::RunState::running;
      run.started_ms = now_ms();
    });
    outcome = services_.worker.run(target, predicted_bytes, resumes, *control, hooks_for(live));
  } catch (...) {
    if (!control->abort.cancelled()) error = describe(std::current_exception());
  }
  end(live, outcome, error);
  if (outcome && outcome->step_seconds) {
    try {
      services_.planner.measured(target, *outcome->step_seconds, outcome->watts);
    } catch (const Error& failure) {
      log_info(std::string("the speed of a training run is not remembered: ") + failure.what());
    }
  }
  {
    const std::lock_guard lock(mutex_);
    running_ = nullptr;
  }
  next();
}

void TrainingRuns::end(const LivePtr& live, const std::optional<TrainingOutcome>& outcome,
                       const std::optional<api::ErrorInfo>& error) {
  api::JobState job_state = api::JobState::cancelled;
  change(live, [&](api::TrainingRun& run) {
    if (outcome) {
      run.step = outcome->step;
      run.seconds += outcome->seconds;
    }
    run.checkpoint_step = newest_checkpoint_step(run.output);
    if (outcome && outcome->finished) {
      run.state = api::RunState::finished;
      job_state = api::JobState::done;
    } else if (error) {
      run.state = api::RunState::failed;
      run.step = run.checkpoint_step.value_or(0);
      job_state = api::JobState::failed;
    } else if (live->control->keep_result) {
      run.state = api::RunState::stopped;
    } else {
      run.state = stopping_ ? api::RunState::interrupted : api::RunState::paused;
      if (stopping_) job_state = api::JobState::interrupted;
      if (!outcome) run.step = run.checkpoint_step.value_or(0);
    }
    run.phase.clear();
    run.seconds_left.reset();
    run.error = error;
    run.ended_ms = now_ms();
    run.results = training_results(run);
  });
  api::Json result = nullptr;
  {
    const std::lock_guard lock(mutex_);
    result = {{"run", live->run.id}, {"output", live->run.output}};
  }
  live->job->end(job_state, error, std::move(result));
}

api::TrainingRun TrainingRuns::ask(const std::string& id, const std::function<void(Live&)>& what) {
  const std::lock_guard lock(mutex_);
  const LivePtr live = find(id);
  if (live->run.state != api::RunState::running) {
    refuse_state(live->run, "cannot ask", "resume it first");
  }
  what(*live);
  return live->run;
}

api::TrainingRun TrainingRuns::sample(const std::string& id) {
  return ask(id, [](Live& live) {
    if (live.target.recipe.sample_prompts.empty()) {
      throw Error(ErrorCategory::invalid_argument, "cannot sample", live.run.name, "its recipe has no sample_prompts",
                  "start a run whose recipe has some");
    }
    live.control->sample = true;
  });
}

api::TrainingRun TrainingRuns::save(const std::string& id) {
  return ask(id, [](Live& live) { live.control->save = true; });
}

api::TrainingRun TrainingRuns::cut_short(const std::string& id, bool keep_result) {
  LivePtr waited;
  api::TrainingRun run;
  {
    const std::lock_guard lock(mutex_);
    const LivePtr live = find(id);
    const auto place = std::ranges::find(waiting_, live);
    if (place != waiting_.end()) {
      waiting_.erase(place);
      waited = live;
    } else if (is_active(live->run.state)) {
      live->control->keep_result = keep_result;
      live->control->cut.cancel();
      if (is_preparing(live->run.phase)) live->control->abort.cancel();
    } else if (!(keep_result && can_resume(live->run))) {
      refuse_state(live->run, keep_result ? "cannot stop" : "cannot pause", "it does not run");
    }
    run = live->run;
    if (!waited && !is_active(run.state)) waited = live;
  }
  if (!waited) return run;
  change(waited, [&](api::TrainingRun& now) {
    now.state = keep_result ? api::RunState::stopped : api::RunState::paused;
    now.phase.clear();
    if (now.ended_ms == 0) now.ended_ms = now_ms();
  });
  if (waited->job) waited->job->end(api::JobState::cancelled);
  return get(id);
}

api::TrainingRun TrainingRuns::pause(const std::string& id) {
  return cut_short(id, false);
}

api::TrainingRun TrainingRuns::stop(const std::string& id) {
  return cut_short(id, true);
}

void TrainingRuns::cancel(const std::string& job) {
  std::string id;
  {
    const std::lock_guard lock(mutex_);
    for (const auto& [run_id, live] : runs_) {
      if (live->run.job == job && is_active(live->run.state)) id = run_id;
    }
  }
  if (!id.empty()) pause(id);
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

void TrainingRuns::cut() {
  const std::lock_guard lock(mutex_);
  stopping_ = true;
  if (!running_ || !running_->control) return;
  running_->control->cut.cancel();
  if (is_preparing(running_->run.phase)) running_->control->abort.cancel();
}

void TrainingRuns::abort() {
  const std::lock_guard lock(mutex_);
  if (running_ && running_->control) running_->control->abort.cancel();
}

}  // namespace diptych::host
