// /api/jobs and the OpenAI-compatible completions.
#include <algorithm>
#include <charconv>

#include "engine/host/host.h"
#include "engine/host/http/errors.h"

namespace diptych::host {

void Host::add_job_routes() {
  const auto known = [this](const std::string& id) {
    if (const auto live = jobs_->find(id)) return live->info();
    const auto stored = reader_->read([&](Database& database) { return store::find_job(database, id); });
    if (!stored) {
      throw Error(ErrorCategory::not_found, "cannot find job", id.substr(0, 100), "there is none of this id",
                  "list the jobs; those that ended more than a week ago are forgotten");
    }
    return *stored;
  };
  router_.add("GET", "/api/jobs", [this](const HttpRequest& request, const PathArguments&) {
    const bool active = query_integer(request, "active", 0, 0, 1) == 1;
    const int64_t limit = query_integer(request, "limit", 100, 1, 10000);
    std::vector<api::JobInfo> now = active ? jobs_->active() : jobs_->live();
    if (!active) {
      for (auto& job : reader_->read([&](Database& database) { return store::list_jobs(database, limit); })) {
        const auto same = [&](const api::JobInfo& other) { return other.id == job.id; };
        if (std::find_if(now.begin(), now.end(), same) == now.end()) now.push_back(std::move(job));
      }
      std::sort(now.begin(), now.end(), [](const auto& a, const auto& b) { return a.id > b.id; });  // ids sort by time
    }
    if (static_cast<int64_t>(now.size()) > limit) now.resize(static_cast<size_t>(limit));
    return HttpResponse::json({{"jobs", api::FieldWriter::write(now)}});
  });
  router_.add("GET", "/api/jobs/{}", [known](const HttpRequest&, const PathArguments& path) {
    return HttpResponse::json(api::to_json(known(path[0])));
  });
  router_.add("GET", "/api/jobs/{}/events", [this, known](const HttpRequest& request, const PathArguments& path) {
    auto live = jobs_->find(path[0]);
    if (!live) known(path[0]);
    const std::string last = last_event_id(request);
    int64_t after = 0;
    const auto [end, error] = std::from_chars(last.data(), last.data() + last.size(), after);
    if (!last.empty() && (error != std::errc() || end != last.data() + last.size() || after < 0)) {
      refuse("Last-Event-ID", "it is no number of an event");
    }
    return HttpResponse::event_stream(std::make_shared<JobStream>(std::move(live), path[0], *reader_, after));
  });
  router_.add("POST", "/api/jobs/{}/cancel", [this, known](const HttpRequest&, const PathArguments& path) {
    if (const auto live = jobs_->find(path[0])) live->cancel.cancel();
    if (image_jobs_) image_jobs_->cancel(path[0]);
    if (training_) training_->cancel(path[0]);
    return HttpResponse::json(api::to_json(known(path[0])));
  });
}

void Host::add_completion_routes() {
  router_.add("POST", "/v1/chat/completions", [this](const HttpRequest& request, const PathArguments&) {
    return completions_->complete(api::read_chat_request(body_object(request)));
  });
  router_.add("POST", "/v1/completions", [this](const HttpRequest& request, const PathArguments&) {
    return completions_->complete(api::read_completion_request(body_object(request)));
  });
}

}  // namespace diptych::host
