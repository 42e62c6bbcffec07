// Event streams over topics, with resuming.
#pragma once

#include <functional>
#include <memory>
#include <mutex>
#include <string>
#include <vector>

#include "engine/host/http/http.h"
#include "engine/host/jobs/jobs.h"
#include "engine/host/jobs/topic.h"
#include "engine/host/store/database.h"

namespace diptych::host {

// The database for reading: any thread, one at a time, never behind the writer.
class Reader {
 public:
  explicit Reader(const std::filesystem::path& path) : database_(path, Database::Access::read_only) {}
  template <typename F>
  auto read(F task) {
    const std::lock_guard lock(mutex_);
    return task(database_);
  }

 private:
  std::mutex mutex_;
  Database database_;
};

// What the client has: Last-Event-ID, or ?after=; "" where it has nothing.
std::string last_event_id(const HttpRequest& request);

// What a stream that starts anew (or had to be reset) begins with, and the number of the event that it is up to date
// with.
struct Snapshot {
  int64_t number = 0;
  std::vector<TopicEvent> events;
};

// A topic in memory; ids are "RUN-N".
class TopicStream final : public Stream {
 public:
  TopicStream(std::shared_ptr<Topic> topic, std::string run, const std::string& last_id,
              std::function<Snapshot()> first);
  bool next(std::string& out, SteadyClock::time_point until) override;

 private:
  void begin(std::string& out, bool reset);

  std::shared_ptr<Topic> topic_;
  std::string run_;
  std::function<Snapshot()> first_;
  int64_t number_ = 0;
  enum class Start { resume, fresh, reset } start_ = Start::fresh;
};

std::string event_id(const std::string& run, int64_t number);

// A job's events from the journal and then as they come; ids are numbers from 1.
class JobStream final : public Stream {
 public:
  // `job` is null for a job that is only in the database.
  JobStream(std::shared_ptr<Job> job, std::string id, Reader& reader, int64_t after);
  bool next(std::string& out, SteadyClock::time_point until) override;

 private:
  bool from_journal(std::string& out);

  std::shared_ptr<Job> job_;
  std::string id_;
  Reader& reader_;
  int64_t number_;
};

}  // namespace diptych::host
