#include "engine/host/jobs/jobs.h"

#include <utility>

#include "engine/core/log.h"
#include "engine/host/http/errors.h"

namespace diptych::host {
namespace {

constexpr auto flush_after = std::chrono::seconds(1);  // answers themselves are saved more often
constexpr auto progress_interval = std::chrono::milliseconds(100);

std::string state_data(const api::JobInfo& info) {
  return api::dump(
      api::Json{{"state", api::FieldWriter::write(info.state)}, {"error", api::FieldWriter::write(info.error)}});
}

}  // namespace

api::JobInfo Job::info() const {
  const std::lock_guard lock(mutex_);
  api::JobInfo info = info_;
  info.last_event = events_.last();
  return info;
}

// Called with mutex_ held, so that numbers and journal agree.
void Job::emit(const char* type, std::string data) {
  const int64_t number = events_.publish(type, data);
  unsaved_.push_back({number, type, std::move(data)});
}

void Job::start() {
  {
    const std::lock_guard lock(mutex_);
    info_.state = api::JobState::running;
    info_.started_ms = now_ms();
    emit("state", state_data(info_));
  }
  board_.schedule(shared_from_this(), {});
  board_.notify(info());
}

void Job::progress(const api::JobProgress& progress) {
  progress_event("progress", api::to_json(progress), progress.progress);
}

void Job::grew(const std::string& data) {
  {
    const std::lock_guard lock(mutex_);
    emit("grew", data);
  }
  board_.schedule(shared_from_this(), flush_after);
}

void Job::event(const char* type, const api::Json& data) {
  {
    const std::lock_guard lock(mutex_);
    emit(type, api::dump(data));
  }
  board_.schedule(shared_from_this(), flush_after);
}

bool Job::progress_event(const char* type, const api::Json& data, double progress) {
  {
    const std::lock_guard lock(mutex_);
    info_.progress = progress;
    const auto now = SteadyClock::now();
    if (now - last_progress_ < progress_interval) return false;
    last_progress_ = now;
    emit(type, api::dump(data));
  }
  board_.schedule(shared_from_this(), flush_after);
  board_.notify(info());
  return true;
}

void Job::end(api::JobState state, std::optional<api::ErrorInfo> error, api::Json result) {
  {
    const std::lock_guard lock(mutex_);
    if (api::ended(info_.state)) return;
    info_.state = state;
    info_.error = std::move(error);
    info_.result = std::move(result);
    info_.ended_ms = now_ms();
    if (state == api::JobState::done) info_.progress = 1;
    emit("state", state_data(info_));
    events_.close();
  }
  board_.schedule(shared_from_this(), {});
  board_.notify(info());
}

JobBoard::JobBoard(WriteQueue& writer, std::function<void(const api::JobInfo&)> changed)
    : writer_(writer), changed_(std::move(changed)) {}

std::shared_ptr<Job> JobBoard::create(api::JobKind kind, std::string title, api::Json subject) {
  api::JobInfo info;
  info.id = new_id('j');
  info.kind = kind;
  info.title = std::move(title);
  info.subject = std::move(subject);
  info.created_ms = now_ms();
  auto job = std::make_shared<Job>(*this, std::move(info));
  const std::lock_guard lock(mutex_);
  jobs_[job->id()] = job;
  return job;
}

std::shared_ptr<Job> JobBoard::create_and_post(api::JobKind kind, std::string title, api::Json subject) {
  auto job = create(kind, std::move(title), std::move(subject));
  schedule(job, {});
  notify(job->info());
  return job;
}

std::shared_ptr<Job> JobBoard::restore(api::JobInfo info) {
  auto job = std::make_shared<Job>(*this, std::move(info));
  const std::lock_guard lock(mutex_);
  jobs_[job->id()] = job;
  return job;
}

void JobBoard::forget(const std::string& id) {
  const std::lock_guard lock(mutex_);
  jobs_.erase(id);
}

void JobBoard::schedule(const std::shared_ptr<Job>& job, std::chrono::milliseconds delay, bool again) {
  if (!again) {
    const std::lock_guard lock(job->mutex_);
    if (delay.count() > 0 && job->flush_scheduled_) return;
    job->flush_scheduled_ = true;
  }
  // What the transaction takes is given back where it fails.
  const auto taken = std::make_shared<std::vector<store::JobEvent>>();
  const auto ended = std::make_shared<bool>(false);
  auto task = [job, taken, ended](Database& database) {
    api::JobInfo info;
    {
      const std::lock_guard lock(job->mutex_);
      info = job->info_;
      taken->swap(job->unsaved_);
      job->flush_scheduled_ = false;
    }
    *ended = api::ended(info.state);
    store::write_job(database, info);
    store::append_events(database, info.id, *taken);
  };
  auto done = [this, job, taken, ended](std::exception_ptr failure) {
    if (!failure) {
      if (*ended) forget(job->id());
      return;
    }
    {
      const std::lock_guard lock(job->mutex_);
      if (!std::exchange(job->warned_, true)) {
        log_warning("the journal of job " + job->id() + " waits: " + describe(failure).message);
      }
      job->unsaved_.insert(job->unsaved_.begin(), std::make_move_iterator(taken->begin()),
                           std::make_move_iterator(taken->end()));
      if (job->flush_scheduled_) return;
      job->flush_scheduled_ = true;
    }
    schedule(job, write_again_after, true);
  };
  if (again) {
    writer_.retry(std::move(task), std::move(done), delay);
  } else {
    writer_.post(std::move(task), std::move(done), delay);
  }
}

std::shared_ptr<Job> JobBoard::find(const std::string& id) const {
  const std::lock_guard lock(mutex_);
  const auto found = jobs_.find(id);
  return found == jobs_.end() ? nullptr : found->second;
}

std::vector<api::JobInfo> JobBoard::live() const {
  std::vector<std::shared_ptr<Job>> jobs;
  {
    const std::lock_guard lock(mutex_);
    for (auto it = jobs_.rbegin(); it != jobs_.rend(); ++it) jobs.push_back(it->second);  // ids sort by time
  }
  std::vector<api::JobInfo> infos;
  for (const auto& job : jobs) infos.push_back(job->info());
  return infos;
}

std::vector<api::JobInfo> JobBoard::active() const {
  std::vector<api::JobInfo> infos = live();
  std::erase_if(infos, [](const api::JobInfo& info) { return api::ended(info.state); });
  return infos;
}

int JobBoard::running() const {
  int count = 0;
  for (const auto& info : active()) count += info.state == api::JobState::running;
  return count;
}

int JobBoard::queued() const {
  int count = 0;
  for (const auto& info : active()) count += info.state == api::JobState::queued;
  return count;
}

void JobBoard::close_streams() {
  std::vector<std::shared_ptr<Job>> jobs;
  {
    const std::lock_guard lock(mutex_);
    for (const auto& [id, job] : jobs_) jobs.push_back(job);
  }
  for (const auto& job : jobs) job->events_.close();
}

}  // namespace diptych::host
