#include "engine/host/host.h"

#include <unistd.h>

#include <utility>

#include "engine/api/version.h"
#include "engine/host/http/errors.h"
#include "engine/host/machine/thread_name.h"
#include "engine/io/files/atomic_file.h"
#include "engine/io/files/paths.h"

namespace diptych::host {
namespace {

constexpr auto patience_with_training = std::chrono::seconds(30);
constexpr int64_t keep_jobs_ms = 7LL * 24 * 3600 * 1000;

// An open stream is a client.
class CountedStream final : public Stream {
 public:
  CountedStream(std::shared_ptr<Stream> inner, std::atomic<int>& clients,
                std::atomic<SteadyClock::time_point>& last_activity)
      : inner_(std::move(inner)), clients_(clients), last_activity_(last_activity) {
    ++clients_;
  }
  ~CountedStream() override {
    last_activity_ = SteadyClock::now();
    --clients_;
  }
  bool next(std::string& out, SteadyClock::time_point until) override { return inner_->next(out, until); }

 private:
  std::shared_ptr<Stream> inner_;
  std::atomic<int>& clients_;
  std::atomic<SteadyClock::time_point>& last_activity_;
};

std::filesystem::path database_path(const HostOptions& options) {
  const auto path = options.database.empty() ? data_dir() / "diptych.db" : options.database;
  make_folder(path.parent_path());
  return path;
}

}  // namespace

Host::Host(HostOptions options)
    : options_(std::move(options)),
      run_(random_hex(4)),
      started_ms_(now_ms()),
      access_(options_.token, options_.bound_host),
      last_activity_(SteadyClock::now()) {
  if (!options_.memory) options_.memory = [] { return telemetry::read_system_memory(); };
  memory_ = std::make_unique<MemoryTable>([this] { return options_.memory().available_bytes; });
  if (!options_.processor_use) options_.processor_use = [this] { return processor_load_.used(); };
  const auto path = database_path(options_);
  writer_ = std::make_unique<WriteQueue>(path, options_.max_pages);
  settings_ = writer_->run([](Database& database) {
    store::recover_messages(database);
    store::recover_jobs(database, now_ms());
    store::prune_jobs(database, now_ms() - keep_jobs_ms);
    return store::read_settings(database);
  });
  reader_ = std::make_unique<Reader>(path);
  const auto publish = [this](const char* type, const auto& value) {
    events_->publish(type, api::dump(api::to_json(value)));
  };
  const auto host_settings = [this] { return settings(); };
  const auto roofline = [kept = options_.roofline] { return kept ? kept->value() : Roofline{}; };
  jobs_ = std::make_unique<JobBoard>(*writer_, [publish](const api::JobInfo& job) { publish("job_changed", job); });
  queue_ = std::make_unique<ComputeQueue>();
  models_ = std::make_unique<ModelManager>(
      *options_.loader, *queue_, *jobs_,
      ModelManagerHooks{host_settings, memory_.get(),
                        [this] { return image_worker_ ? image_worker_->unused_bytes() : 0; },
                        [this] { image_worker_->unload_soon(); }, roofline,
                        [publish](const api::ModelInfo& model) { publish("model_changed", model); },
                        options_.image_loader.get(), options_.describe});
  const auto power = options_.power;
  conversations_ = std::make_unique<Conversations>(ConversationServices{
      *writer_, *reader_, *jobs_, *models_, *queue_, meter_, run_, host_settings,
      [power]() -> std::optional<double> { return power ? power->joules() : std::nullopt; },
      [publish](const api::ConversationSummary& changed) { publish("conversation_changed", changed); }});
  completions_ = std::make_unique<Completions>(*queue_, *jobs_, *models_, meter_);
  fetches_ = std::make_unique<ModelFetches>(*jobs_, [this] { events_->publish("models_changed", "{}"); });
  if (options_.image_loader) make_image_services();
  if (options_.registry) make_training();
  telemetry_ = std::make_unique<TelemetrySampler>(
      TelemetrySources{*queue_, *jobs_, *models_, meter_, power.get(), roofline, host_settings, options_.memory,
                       [this] { return image_worker_ ? image_worker_->memory() : MemoryUse{}; },
                       [this] { return training_ ? training_->memory() : MemoryUse{}; }});
  add_routes();
  watcher_ = std::thread([this] { watch(); });
}

Host::~Host() {
  shut_down();
  fetches_.reset();
  if (training_) training_->abort();
  queue_.reset();     // runs what is queued, all of it cancelled; before what it uses
  training_.reset();  // ends what is being exported
  saver_.reset();
  writer_.reset();
}

void Host::shut_down() {
  {
    const std::lock_guard lock(watch_mutex_);
    if (std::exchange(stopping_, true)) return;
  }
  watch_changed_.notify_all();
  watcher_.join();
  if (image_jobs_) image_jobs_->stop();
  if (training_) training_->cut();
  conversations_->interrupt();
  models_->cancel_all();
  fetches_->cancel_all();
  completions_->cancel_all();
  // Answers are cut within a step; then nobody hears anything new. A run in training ends its step and saves, where
  // that does not take too long.
  const auto give_up = SteadyClock::now() + patience_with_training;
  while (queue_->busy()) {
    std::this_thread::sleep_for(std::chrono::milliseconds(5));
    if (training_ && SteadyClock::now() > give_up) training_->abort();
  }
  if (hashes_) hashes_->stop();
  if (saver_) saver_->finish();  // finished pictures are written, and the end of their jobs
  conversations_->close_streams();
  jobs_->close_streams();
  telemetry_->topic()->close();
  events_->close();
}

void Host::on_stop(std::function<void()> stop) {
  const std::lock_guard lock(watch_mutex_);
  on_stop_ = std::move(stop);
}

void Host::ask_to_stop() {
  {
    const std::lock_guard lock(watch_mutex_);
    stop_asked_ = true;
  }
  watch_changed_.notify_all();
}

// Once on a new machine, when a model is there and the machine has been quiet for a while: other programs would make it
// slower than it is, for good, and an answer would not like to wait for it.
void Host::measure_roofline() {
  if (!options_.roofline || roofline_asked_ || options_.roofline->known()) return;
  const double used = options_.processor_use();
  const bool quiet =
      used < 0.15 && !queue_->busy() && (!models_->all_loaded().empty() || (image_worker_ && image_worker_->loaded()));
  quiet_ticks_ = quiet ? quiet_ticks_ + 1 : 0;
  if (quiet_ticks_ < 4) return;
  roofline_asked_ = true;
  queue_->post([kept = options_.roofline] { kept->measure(); });
}

// The host's clock: telemetry, keep-alive times, and its own end.
void Host::watch() {
  name_this_thread("clock");
  std::unique_lock lock(watch_mutex_);
  while (!stopping_) {
    lock.unlock();
    const auto now = SteadyClock::now();
    const auto next = telemetry_->tick(now);
    models_->unload_unused(now);
    if (image_worker_) image_worker_->unload_unused(now);
    prune();
    measure_roofline();
    const bool used = clients_ > 0 || queue_->busy() || !jobs_->active().empty();
    if (used) last_activity_ = now;
    const bool unused = options_.linger_s >= 0 && now - last_activity_.load() > std::chrono::seconds(options_.linger_s);
    lock.lock();
    if (unused) stop_asked_ = true;
    if (stop_asked_ && on_stop_) {
      const auto stop = std::exchange(on_stop_, nullptr);
      lock.unlock();
      stop();
      lock.lock();
    }
    watch_changed_.wait_until(lock, next, [this] { return stopping_ || (stop_asked_ && on_stop_); });
  }
}

HttpResponse Host::handle(const HttpRequest& request) {
  if (auto refusal = access_.refuse(request)) return std::move(*refusal);
  ++clients_;  // a request that waits for its answer is a client, too
  HttpResponse response = router_.handle(request);
  if (response.stream) {
    response.stream = std::make_shared<CountedStream>(std::move(response.stream), clients_, last_activity_);
  }
  last_activity_ = SteadyClock::now();
  --clients_;
  return response;
}

api::HostSettings Host::settings() const {
  const std::lock_guard lock(settings_mutex_);
  return settings_;
}

HttpResponse Host::put_settings(const HttpRequest& request) {
  const api::Json body = body_object(request);
  api::HostSettings changed = settings();
  api::FieldReader::read(body, changed, "");
  api::check(changed);
  writer_->run([&](Database& database) { store::write_settings(database, changed); });
  {
    const std::lock_guard lock(settings_mutex_);
    settings_ = changed;
  }
  events_->publish("settings_changed", api::dump(api::to_json(changed)));
  return HttpResponse::json(api::to_json(changed));
}

HttpResponse Host::count_tokens(const HttpRequest& request) {
  const api::Json body = body_object(request);
  std::string text, model;
  api::FieldReader reader(body, "");
  reader("text", text);
  reader("model", model);
  const std::string id = model.empty() ? models_->default_model() : models_->resolve(model);
  const auto loaded = models_->loaded(id);
  if (!loaded) {
    throw Error(ErrorCategory::unavailable, "cannot count tokens", id, "the model is not loaded", "load it first");
  }
  return HttpResponse::json({{"tokens", loaded->count_tokens(text)}, {"model", id}});
}

void Host::add_routes() {
  router_.add("GET", "/api/version", [this](const HttpRequest&, const PathArguments&) {
    api::VersionInfo info;
    info.protocol = api::protocol;
    info.version = options_.version;
    info.pid = getpid();
    info.host_id = run_;
    info.started_ms = started_ms_;
    return HttpResponse::json(api::to_json(info));
  });
  router_.add("GET", "/api/events", [this](const HttpRequest& request, const PathArguments&) {
    const auto topic = events_;
    return HttpResponse::event_stream(std::make_shared<TopicStream>(topic, run_, last_event_id(request), [topic] {
      return Snapshot{topic->last(), {}};
    }));
  });
  router_.add("GET", "/api/settings", [this](const HttpRequest&, const PathArguments&) {
    return HttpResponse::json(api::to_json(settings()));
  });
  router_.add("PUT", "/api/settings",
              [this](const HttpRequest& request, const PathArguments&) { return put_settings(request); });
  router_.add("POST", "/api/tokenize-count",
              [this](const HttpRequest& request, const PathArguments&) { return count_tokens(request); });
  router_.add("POST", "/api/shutdown", [this](const HttpRequest&, const PathArguments&) {
    ask_to_stop();
    return HttpResponse::json(api::Json::object(), 202);
  });
  router_.add("GET", "/api/telemetry", [this](const HttpRequest&, const PathArguments&) {
    // Each sample stands for itself: a stream begins with the latest, whatever was missed.
    const auto topic = telemetry_->topic();
    const auto latest = telemetry_->latest();
    return HttpResponse::event_stream(std::make_shared<TopicStream>(topic, run_, "", [topic, latest] {
      Snapshot snapshot{topic->last(), {}};
      if (latest) snapshot.events.push_back({snapshot.number, "sample", api::dump(api::to_json(*latest))});
      return snapshot;
    }));
  });
  router_.add("GET", "/api/telemetry/history", [this](const HttpRequest& request, const PathArguments&) {
    return HttpResponse::json(api::to_json(telemetry_->history(query_integer(request, "seconds", 600, 1, 3600))));
  });
  if (training_) training_->add_routes(router_);
  add_model_routes();
  add_conversation_routes();
  add_job_routes();
  add_completion_routes();
  if (options_.image_loader) {
    add_image_routes();
    add_gallery_routes();
  }
}

}  // namespace diptych::host
