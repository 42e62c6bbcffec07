// Jobs at run time: states, numbered events, cancelling, and their journal.
#pragma once

#include <functional>
#include <map>
#include <memory>
#include <mutex>
#include <string>
#include <vector>

#include "engine/api/job.h"
#include "engine/core/cancel.h"
#include "engine/host/jobs/job_store.h"
#include "engine/host/jobs/topic.h"
#include "engine/host/store/write_queue.h"

namespace diptych::host {

class JobBoard;

class Job : public std::enable_shared_from_this<Job> {
 public:
  Job(JobBoard& board, api::JobInfo info)
      : board_(board), info_(std::move(info)), events_(4096, info_.last_event + 1) {}

  api::JobInfo info() const;
  std::string id() const { return id_copy(); }
  const Topic& events() const { return events_; }
  CancelToken cancel;

  void start();
  void progress(const api::JobProgress& progress);
  void grew(const std::string& data);  // JSON of {"text", "thinking"}
  // Any other event, saved soon.
  void event(const char* type, const api::Json& data);
  // An event that is left out where the last one of its kind is too young. False: it was.
  bool progress_event(const char* type, const api::Json& data, double progress);
  // Ends the job. Its result and error are journalled with it.
  void end(api::JobState state, std::optional<api::ErrorInfo> error = {}, api::Json result = nullptr);

 private:
  friend class JobBoard;
  std::string id_copy() const { return info_.id; }  // never changes
  void emit(const char* type, std::string data);

  JobBoard& board_;
  mutable std::mutex mutex_;
  api::JobInfo info_;
  Topic events_;
  std::vector<store::JobEvent> unsaved_;
  bool flush_scheduled_ = false, warned_ = false;
  SteadyClock::time_point last_progress_{};
};

class JobBoard {
 public:
  // `changed` hears of every change of a state and, now and then, of progress.
  JobBoard(WriteQueue& writer, std::function<void(const api::JobInfo&)> changed);

  // The caller writes the job with what belongs to it in one transaction: store::write_job(database, job->info()).
  std::shared_ptr<Job> create(api::JobKind kind, std::string title, api::Json subject);
  // Journals it by itself, without waiting.
  std::shared_ptr<Job> create_and_post(api::JobKind kind, std::string title, api::Json subject);
  // One that was queued when the last host ended goes on with its own id and numbers.
  std::shared_ptr<Job> restore(api::JobInfo info);
  void forget(const std::string& id);  // of a job that could not be written

  void notify(const api::JobInfo& info) const { changed_(info); }
  std::shared_ptr<Job> find(const std::string& id) const;  // only jobs that are not yet wholly in the database
  std::vector<api::JobInfo> live() const;                  // all that find() finds, latest first
  std::vector<api::JobInfo> active() const;                // of these, queued and running
  int running() const;
  int queued() const;
  void close_streams();  // at the host's end

 private:
  friend class Job;
  void schedule(const std::shared_ptr<Job>& job, std::chrono::milliseconds delay, bool again = false);

  WriteQueue& writer_;
  std::function<void(const api::JobInfo&)> changed_;
  mutable std::mutex mutex_;
  std::map<std::string, std::shared_ptr<Job>> jobs_;
};

}  // namespace diptych::host
