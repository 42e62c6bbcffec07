// Jobs and their numbered events in the database.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "engine/api/job.h"
#include "engine/host/store/database.h"

namespace diptych::host::store {

struct JobEvent {
  int64_t number = 0;  // from 1, without gaps
  std::string type;
  std::string data;  // JSON
};

void write_job(Database& database, const api::JobInfo& job);  // new, or known by its id
void append_events(Database& database, const std::string& job, const std::vector<JobEvent>& events);

std::optional<api::JobInfo> find_job(Database& database, const std::string& id);
std::vector<api::JobInfo> list_jobs(Database& database, int64_t limit);
std::vector<JobEvent> events_after(Database& database, const std::string& job, int64_t number);

// After a crash: what was queued or running becomes interrupted, with an event that says so. What waits in the image
// queue (image_store.h) goes on waiting.
int64_t recover_jobs(Database& database, int64_t time_ms);
// Forgets jobs that ended before `before_ms`.
int64_t prune_jobs(Database& database, int64_t before_ms);

}  // namespace diptych::host::store
