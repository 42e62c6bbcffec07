#include "engine/host/jobs/job_store.h"

namespace diptych::host::store {
namespace {

constexpr const char* columns =
    "id, kind, state, title, progress, subject, result, error, created_ms, started_ms, ended_ms";

api::JobInfo read_job(const Statement& row) {
  api::JobInfo job;
  const auto read_enum = [](const std::string& text, auto& value) {
    using E = std::remove_reference_t<decltype(value)>;
    for (size_t i = 0; i < std::size(api::EnumNames<E>::names); ++i) {
      if (text == api::EnumNames<E>::names[i]) value = static_cast<E>(i);
    }
  };
  job.id = row.text(0);
  read_enum(row.text(1), job.kind);
  read_enum(row.text(2), job.state);
  job.title = row.text(3);
  job.progress = row.real(4);
  job.subject = api::parse(row.text(5)).value_or(api::Json(nullptr));
  job.result = api::parse(row.text(6)).value_or(api::Json(nullptr));
  if (const auto error = api::parse(row.text(7)); error && error->is_object()) {
    job.error = api::from_json<api::ErrorInfo>(*error);
  }
  job.created_ms = row.integer(8);
  job.started_ms = row.integer(9);
  job.ended_ms = row.integer(10);
  job.last_event = row.integer(11);
  return job;
}

std::string select(const std::string& rest) {
  return std::string("SELECT ") + columns +
         ", (SELECT coalesce(max(number), 0) FROM job_events e WHERE e.job = jobs.id) FROM jobs " + rest;
}

}  // namespace

void write_job(Database& database, const api::JobInfo& job) {
  Statement write(database, std::string("INSERT INTO jobs (") + columns +
                                ") VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?) ON CONFLICT (id) DO UPDATE SET state = "
                                "excluded.state, title = excluded.title, progress = excluded.progress, result = "
                                "excluded.result, error = excluded.error, started_ms = excluded.started_ms, ended_ms = "
                                "excluded.ended_ms");
  write << job.id << api::enum_name(job.kind) << api::enum_name(job.state) << job.title << job.progress
        << api::dump(job.subject) << api::dump(job.result) << api::dump(api::to_json(job.error)) << job.created_ms
        << job.started_ms << job.ended_ms;
  write.run();
}

void append_events(Database& database, const std::string& job, const std::vector<JobEvent>& events) {
  Statement insert(database, "INSERT OR IGNORE INTO job_events (job, number, type, data) VALUES (?, ?, ?, ?)");
  for (const JobEvent& event : events) {
    insert << job << event.number << event.type << event.data;
    insert.run();
    insert.reset();
  }
}

std::optional<api::JobInfo> find_job(Database& database, const std::string& id) {
  Statement row(database, select("WHERE id = ?"));
  row << id;
  if (!row.step()) return std::nullopt;
  return read_job(row);
}

std::vector<api::JobInfo> list_jobs(Database& database, int64_t limit) {
  Statement rows(database, select("ORDER BY created_ms DESC, id DESC LIMIT ?"));
  rows << limit;
  std::vector<api::JobInfo> jobs;
  while (rows.step()) jobs.push_back(read_job(rows));
  return jobs;
}

std::vector<JobEvent> events_after(Database& database, const std::string& job, int64_t number) {
  Statement rows(database, "SELECT number, type, data FROM job_events WHERE job = ? AND number > ? ORDER BY number");
  rows << job << number;
  std::vector<JobEvent> events;
  while (rows.step()) events.push_back({rows.integer(0), rows.text(1), rows.text(2)});
  return events;
}

int64_t recover_jobs(Database& database, int64_t time_ms) {
  const std::string cut = "(state = 'running' OR (state = 'queued' AND id NOT IN (SELECT job FROM image_queue)))";
  Statement events(
      database,
      "INSERT INTO job_events (job, number, type, data) SELECT id, (SELECT coalesce(max(number), 0) FROM "
      "job_events e WHERE e.job = jobs.id) + 1, 'state', '{\"state\":\"interrupted\",\"error\":null}' FROM "
      "jobs WHERE " +
          cut);
  events.run();
  Statement update(database, "UPDATE jobs SET state = 'interrupted', ended_ms = ? WHERE " + cut);
  update << time_ms;
  return update.run();
}

int64_t prune_jobs(Database& database, int64_t before_ms) {
  Statement remove(database, "DELETE FROM jobs WHERE ended_ms > 0 AND ended_ms < ?");
  remove << before_ms;
  return remove.run();
}

}  // namespace diptych::host::store
