#include "engine/host/models/model_fetches.h"

#include <filesystem>

#include "engine/host/http/errors.h"
#include "engine/io/files/paths.h"
#include "engine/io/library/catalog.h"
#include "engine/io/library/model_fetch.h"

namespace diptych::host {
namespace {

const char* phase_name(FetchProgress::Phase phase) {
  switch (phase) {
    case FetchProgress::Phase::waiting:
      return "waiting";
    case FetchProgress::Phase::downloading:
      return "downloading";
    case FetchProgress::Phase::unpacking:
      return "unpacking";
    case FetchProgress::Phase::verifying:
      return "verifying";
  }
  return "";
}

}  // namespace

ModelFetches::~ModelFetches() {
  cancel_all();
  for (std::thread& thread : threads_) thread.join();
}

void ModelFetches::cancel_all() {
  const std::lock_guard lock(mutex_);
  for (const auto& [name, job] : running_) job->cancel.cancel();
}

std::vector<api::CatalogueModel> ModelFetches::catalogue() const {
  std::vector<api::CatalogueModel> models;
  const std::lock_guard lock(mutex_);
  for (const CatalogModel& known : builtin_catalog()) {
    std::error_code error;
    api::CatalogueModel model;
    model.name = known.name;
    model.title = known.title;
    model.family = known.family;
    model.licence = known.licence;
    model.size_bytes = static_cast<int64_t>(known.size_bytes);
    model.fetched = std::filesystem::exists(models_dir() / known.file_name, error);
    const auto job = running_.find(known.name);
    if (job != running_.end()) model.job = job->second->id();
    models.push_back(std::move(model));
  }
  return models;
}

std::string ModelFetches::start(const std::string& name) {
  const CatalogModel* known = find_model(builtin_catalog(), name);
  if (known == nullptr) {
    std::string names;
    for (const CatalogModel& model : builtin_catalog()) names += (names.empty() ? "" : ", ") + model.name;
    throw Error(ErrorCategory::not_found, "cannot get model", name.substr(0, 100), "the catalogue does not know it",
                "choose one of these: " + names);
  }
  const std::lock_guard lock(mutex_);
  if (const auto found = running_.find(known->name); found != running_.end()) return found->second->id();
  auto job = jobs_.create_and_post(api::JobKind::fetch, "Get " + known->title, {{"catalogue", known->name}});
  running_[known->name] = job;
  threads_.emplace_back([this, known, job] {
    api::JobState state = api::JobState::done;
    std::optional<api::ErrorInfo> error;
    api::Json result;
    try {
      job->start();
      FetchOptions options;
      options.cancel = job->cancel;
      options.progress = [&](const FetchProgress& progress) {
        api::JobProgress now;
        now.phase = phase_name(progress.phase);
        now.bytes = static_cast<int64_t>(progress.bytes);
        now.total_bytes = static_cast<int64_t>(progress.total);
        now.bytes_per_s = progress.rate_bytes_per_s;
        if (progress.total > 0)
          now.progress = static_cast<double>(progress.bytes) / static_cast<double>(progress.total);
        job->progress(now);
      };
      result = {{"path", fetch_model(*known, options).string()}};
    } catch (...) {
      state = job->cancel.cancelled() ? api::JobState::cancelled : api::JobState::failed;
      if (state == api::JobState::failed) error = describe(std::current_exception());
    }
    {
      const std::lock_guard inner(mutex_);
      running_.erase(known->name);
    }
    job->end(state, error, std::move(result));
    library_changed_();
  });
  return job->id();
}

}  // namespace diptych::host
