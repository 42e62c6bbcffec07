// Loading, what is loaded, and leaving it; model_manager_library.cpp says what is there.
#include "engine/host/models/model_manager.h"

#include <algorithm>
#include <cstdio>
#include <utility>

#include "engine/core/error.h"
#include "engine/core/gigabytes.h"
#include "engine/host/http/errors.h"

namespace diptych::host {
ModelLease::~ModelLease() {
  if (manager_ != nullptr) manager_->release(id_);
}

ModelManager::ModelManager(const ModelLoader& loader, ComputeQueue& queue, JobBoard& jobs, ModelManagerHooks hooks)
    : loader_(loader), queue_(queue), jobs_(jobs), hooks_(std::move(hooks)) {}

std::string ModelManager::default_model() {
  const std::lock_guard lock(mutex_);
  const Entry* best = nullptr;
  for (const auto& [id, entry] : entries_) {
    if ((entry.model || entry.job) && (best == nullptr || entry.use_order > best->use_order)) best = &entry;
  }
  if (best == nullptr) {
    throw Error(ErrorCategory::unavailable, "cannot answer", "no model", "none is loaded", "load one, then ask again");
  }
  return best->info.id;
}

void ModelManager::changed(const std::string& id) {
  api::ModelInfo now;
  {
    const std::lock_guard lock(mutex_);
    if (!entries_.contains(id)) return;
    now = info(id);
  }
  hooks_.changed(now);
}

ModelManager::Started ModelManager::load(const api::LoadRequest& request) {
  const std::string id = resolve(request.model);
  std::shared_ptr<Job> job;
  std::shared_ptr<std::atomic<double>> fraction;
  LoadSettings settings;
  {
    const std::lock_guard lock(mutex_);
    Entry& found = entry(id);
    if (request.keep_alive_s) found.keep_alive_s = request.keep_alive_s;
    found.use_order = ++use_order_;
    const bool same_context = request.context_tokens == 0 || request.context_tokens == found.info.context_tokens;
    const bool same_kv = request.kv.empty() || request.kv == found.kv;
    if (found.job) return {info(id), found.job->id()};
    if (found.model) {
      if (same_context && same_kv) return {info(id), found.info.job};
      throw Error(ErrorCategory::unavailable, "cannot load model", id, "it is loaded with another context",
                  "unload it first");
    }
    if (found.info.kind == api::ModelKind::image) {
      throw Error(ErrorCategory::unsupported, "cannot load model", id,
                  "image models are loaded by the jobs that use them", "start a job with it");
    }
    if (!found.readable) describe(found);
    if (!found.readable) {
      const api::ErrorInfo error = found.info.error.value();
      loader_.describe(found.info.path);  // throws the same, with its category
      throw Error(ErrorCategory::invalid_file, error.what, error.thing, error.why, error.to_do);
    }
    settings = settings_for(found, request.context_tokens, request.kv);
    predict(found, settings);
    const int64_t free = hooks_.memory->free_bytes(), bytes = *found.info.memory_bytes;
    const int64_t unused = hooks_.unused_image_bytes ? hooks_.unused_image_bytes() : 0;
    check_room(found, free + unused);
    if (bytes > free) hooks_.unload_unused_image();
    fraction = std::make_shared<std::atomic<double>>(0);
    found.claim = hooks_.memory->claim(MemoryUser::text_model, bytes, [fraction, bytes] {
      return static_cast<int64_t>(*fraction * static_cast<double>(bytes));
    });
    job = jobs_.create_and_post(api::JobKind::load, "Load " + found.info.name, {{"model", id}});
    found.job = job;
    found.kv = settings.kv;
    found.info.job = job->id();
    found.info.state = api::ModelState::loading;
    found.info.load_progress = 0;
    found.info.error.reset();
  }
  queue_.post([this, id, settings, job, fraction] { run_load(id, settings, job, fraction); });
  changed(id);
  return {info(id), job->id()};
}

// Between the request and the device's turn others may have taken what was free: asked again before anything is read.
void ModelManager::check_room(const Entry& found, int64_t free_bytes) const {
  if (*found.info.memory_bytes <= free_bytes) return;
  std::string others;
  for (const auto& [id, other] : entries_) {
    const bool image = other.info.kind == api::ModelKind::image && other.info.state == api::ModelState::loaded;
    if (other.model) others += (others.empty() ? "" : ", ") + id;
    if (image) others += (others.empty() ? "" : ", ") + id + " when its job has ended";
  }
  throw Error(ErrorCategory::out_of_memory, "cannot load model", found.info.id,
              "it needs " + gigabytes(*found.info.memory_bytes) + " with a context of " +
                  std::to_string(found.predicted_for.context_tokens) + " tokens and " + gigabytes(free_bytes) +
                  " are free",
              (others.empty() ? std::string() : "unload " + others + ", ") +
                  "close other programs, or choose a smaller context or a smaller model");
}

void ModelManager::run_load(const std::string& id, const LoadSettings& settings, const std::shared_ptr<Job>& job,
                            const std::shared_ptr<std::atomic<double>>& fraction) {
  std::string path;
  {
    const std::lock_guard lock(mutex_);
    path = entry(id).info.path;
  }
  std::shared_ptr<TextModel> model;
  std::optional<api::ErrorInfo> error;
  try {
    job->cancel.throw_if_cancelled();
    job->start();
    {
      const std::lock_guard lock(mutex_);
      const Entry& found = entry(id);
      check_room(found, hooks_.memory->free_bytes(&found.claim));
    }
    auto last = SteadyClock::now();
    model = loader_.load(
        path, settings,
        [&](double done) {
          {
            const std::lock_guard lock(mutex_);
            entry(id).info.load_progress = *fraction = done;
          }
          api::JobProgress progress;
          progress.progress = done;
          progress.phase = "reading";
          job->progress(progress);
          if (const auto now = SteadyClock::now(); now - last > std::chrono::milliseconds(50)) {
            last = now;
            changed(id);
          }
        },
        job->cancel);
    job->cancel.throw_if_cancelled();
  } catch (...) {
    model = nullptr;
    error = host::describe(std::current_exception());
  }
  const bool cancelled = job->cancel.cancelled();
  {
    const std::lock_guard lock(mutex_);
    Entry& found = entry(id);
    found.job = nullptr;
    found.claim.end();
    found.model = model;
    found.last_used = SteadyClock::now();
    found.info.load_progress = model ? 1 : 0;
    found.info.state = model       ? api::ModelState::loaded
                       : cancelled ? api::ModelState::available
                                   : api::ModelState::failed;
    found.info.error = cancelled ? std::nullopt : error;
    if (model) found.info.context_tokens = model->context_tokens();
  }
  job->end(model ? api::JobState::done : cancelled ? api::JobState::cancelled : api::JobState::failed, error);
  changed(id);
}

api::ModelInfo ModelManager::cancel_load(const std::string& id) {
  const std::lock_guard lock(mutex_);
  Entry& found = entry(id);
  if (found.job) found.job->cancel.cancel();
  return info(id);
}

api::ModelInfo ModelManager::unload(const std::string& id) {
  std::shared_ptr<TextModel> model;
  {
    const std::lock_guard lock(mutex_);
    Entry& found = entry(id);
    if (found.job) found.job->cancel.cancel();
    model.swap(found.model);
    if (model) {
      found.info.state = api::ModelState::available;
      found.info.load_progress = 0;
      found.info.memory_bytes.reset();
      predict(found, settings_for(found, 0, ""));
    }
  }
  // Freed on the device's thread, after whatever computes with it now.
  if (model)
    queue_.post([this, id, kept = std::move(model)]() mutable {
      kept.reset();
      changed(id);
    });
  changed(id);
  return info(id);
}

api::ModelInfo ModelManager::set_keep_alive(const std::string& id, int seconds) {
  {
    const std::lock_guard lock(mutex_);
    entry(id).keep_alive_s = seconds;
  }
  changed(id);
  return info(id);
}

ModelLease ModelManager::use(const std::string& id) {
  const std::lock_guard lock(mutex_);
  if (!entry(id).model && !entry(id).job) {
    api::LoadRequest request;
    request.model = id;
    load(request);
  }
  Entry& found = entry(id);
  found.use_order = ++use_order_;
  ++found.users;
  return {this, id};
}

void ModelManager::release(const std::string& id) {
  const std::lock_guard lock(mutex_);
  const auto found = entries_.find(id);
  if (found == entries_.end()) return;
  --found->second.users;
  found->second.last_used = SteadyClock::now();
}

std::shared_ptr<TextModel> ModelManager::get(const std::string& id) {
  const std::lock_guard lock(mutex_);
  const Entry& found = entry(id);
  if (found.model) return found.model;
  if (const auto& error = found.info.error) {
    throw Error(ErrorCategory::unavailable, error->what, error->thing, error->why, error->to_do);
  }
  throw Error(ErrorCategory::unavailable, "cannot answer", id, "the model was unloaded", "load it again");
}

std::shared_ptr<TextModel> ModelManager::loaded(const std::string& id) {
  const std::lock_guard lock(mutex_);
  const auto found = entries_.find(id);
  return found == entries_.end() ? nullptr : found->second.model;
}

std::vector<std::shared_ptr<TextModel>> ModelManager::all_loaded() {
  const std::lock_guard lock(mutex_);
  std::vector<std::shared_ptr<TextModel>> models;
  for (const auto& [id, entry] : entries_) {
    if (entry.model) models.push_back(entry.model);
  }
  return models;
}

void ModelManager::unload_unused(SteadyClock::time_point now) {
  std::vector<std::string> unused;
  {
    const std::lock_guard lock(mutex_);
    const int by_default = hooks_.settings().keep_alive_s;
    for (const auto& [id, entry] : entries_) {
      const int seconds = entry.keep_alive_s.value_or(by_default);
      if (entry.model && entry.users == 0 && seconds > 0 && now - entry.last_used > std::chrono::seconds(seconds)) {
        unused.push_back(id);
      }
    }
  }
  for (const std::string& id : unused) unload(id);
}

void ModelManager::measured(const std::string& id, double tokens_per_s) {
  const std::lock_guard lock(mutex_);
  const auto found = entries_.find(id);
  if (found != entries_.end()) found->second.info.tokens_per_s = tokens_per_s;
}

void ModelManager::set_image_state(const std::string& id, api::ModelState state, double load_progress,
                                   std::optional<int64_t> memory_bytes) {
  {
    const std::lock_guard lock(mutex_);
    const auto found = entries_.find(id);
    if (found == entries_.end()) return;
    found->second.info.state = state;
    found->second.info.load_progress = load_progress;
    if (memory_bytes) found->second.info.memory_bytes = memory_bytes;
  }
  changed(id);
}

void ModelManager::set_image_memory(const std::string& id, int64_t predicted_bytes) {
  {
    const std::lock_guard lock(mutex_);
    const auto found = entries_.find(id);
    if (found == entries_.end() || found->second.info.memory_bytes) return;
    found->second.info.memory_bytes = predicted_bytes;
  }
  changed(id);
}

void ModelManager::cancel_all() {
  const std::lock_guard lock(mutex_);
  for (const auto& [id, entry] : entries_) {
    if (entry.job) entry.job->cancel.cancel();
  }
}

}  // namespace diptych::host
