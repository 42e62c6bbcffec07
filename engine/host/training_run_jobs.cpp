// The side of runs that computes: they wait, are given to the device, tell how far they are, and end.
#include <algorithm>
#include <utility>

#include "engine/core/error.h"
#include "engine/core/log.h"
#include "engine/host/errors.h"
#include "engine/host/streams.h"
#include "engine/host/training_results.h"
#include "engine/host/training_runs.h"

namespace diptych::host {
namespace {

namespace fs = std::filesystem;

// There is nothing yet that a checkpoint could keep.
bool is_preparing(const std::string& phase) {
  return phase == "waiting" || phase == "loading" || phase == "data" || phase == "encoding";
}

}  // namespace

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
