// The engine host: everything behind its interface, without sockets.
#pragma once

#include <atomic>
#include <condition_variable>
#include <filesystem>
#include <functional>
#include <memory>
#include <mutex>
#include <string>
#include <thread>
#include <vector>

#include "engine/host/chat/completions.h"
#include "engine/host/chat/conversations.h"
#include "engine/host/http/access.h"
#include "engine/host/http/router.h"
#include "engine/host/images/gallery.h"
#include "engine/host/images/image_jobs.h"
#include "engine/host/images/image_planner.h"
#include "engine/host/images/image_saver.h"
#include "engine/host/images/image_worker.h"
#include "engine/host/images/openai_images.h"
#include "engine/host/machine/machine_roofline.h"
#include "engine/host/machine/telemetry_sampler.h"
#include "engine/host/models/model_fetches.h"
#include "engine/host/models/model_hashes.h"
#include "engine/host/training/training.h"
#include "engine/io/library/model_description.h"
#include "engine/telemetry/processor.h"

namespace diptych::host {

struct HostOptions {
  std::filesystem::path database;  // empty: diptych.db in data_dir()
  std::string version;             // of the program
  std::string token;
  std::string bound_host = "127.0.0.1";
  int linger_s = 600;  // ends this long after the last client and job; -1: stays
  int64_t max_pages = 0;
  std::shared_ptr<const ModelLoader> loader;
  std::shared_ptr<const ImageLoader> image_loader;  // or null: no image models
  std::shared_ptr<const ModelRegistry> registry;    // or null: nothing is trained
  int threads = 0;                                  // of training; 0: every core
  ModelDescriber describe;                          // or empty: models are what their folders are named for
  std::shared_ptr<telemetry::PowerSource> power;    // or null
  std::shared_ptr<MachineRoofline> roofline;        // or null: none is measured
  std::function<telemetry::SystemMemory()> memory;  // empty: this machine's
  std::function<double()> processor_use;            // ProcessorLoad::used(); empty: this machine's
};

class Host {
 public:
  explicit Host(HostOptions options);  // Error: what opening the database throws
  ~Host();
  Host(const Host&) = delete;
  Host& operator=(const Host&) = delete;

  // Any thread. Checks access first. Never throws.
  HttpResponse handle(const HttpRequest& request);

  ModelManager& models() { return *models_; }
  const std::string& run_id() const { return run_; }

  // Called once, on a thread of the host, when it was asked to stop or nobody needs it any longer.
  void on_stop(std::function<void()> stop);
  // Cuts answers (they are kept as interrupted), ends streams. Then the server may be stopped.
  void shut_down();

 private:
  void add_routes();
  void add_model_routes();
  void add_conversation_routes();
  void add_job_routes();
  void add_image_routes();
  void add_gallery_routes();
  void make_image_services();
  void make_training();
  void prune();
  void add_completion_routes();
  void watch();
  void measure_roofline();
  void ask_to_stop();
  api::HostSettings settings() const;
  HttpResponse put_settings(const HttpRequest& request);
  HttpResponse count_tokens(const HttpRequest& request);

  HostOptions options_;
  const std::string run_;
  const int64_t started_ms_;
  AccessCheck access_;
  std::shared_ptr<Topic> events_ = std::make_shared<Topic>();

  mutable std::mutex settings_mutex_;
  api::HostSettings settings_;

  // In the order in which they may use each other; destroyed in reverse.
  Meter meter_;
  std::unique_ptr<MemoryTable> memory_;
  std::unique_ptr<WriteQueue> writer_;
  std::unique_ptr<Reader> reader_;
  std::unique_ptr<JobBoard> jobs_;
  std::unique_ptr<ModelManager> models_;
  std::unique_ptr<Conversations> conversations_;
  std::unique_ptr<Completions> completions_;
  std::unique_ptr<ModelFetches> fetches_;
  // Of pictures; null without a loader of image models.
  std::unique_ptr<Gallery> gallery_;
  std::unique_ptr<ImagePlanner> planner_;
  std::unique_ptr<ModelHashes> hashes_;
  std::unique_ptr<ImageSaver> saver_;
  std::unique_ptr<ImageWorker> image_worker_;
  std::unique_ptr<ImageJobs> image_jobs_;
  std::unique_ptr<OpenAiImages> openai_images_;
  std::unique_ptr<Training> training_;  // null without a registry
  std::unique_ptr<TelemetrySampler> telemetry_;
  std::unique_ptr<ComputeQueue> queue_;
  Router router_;

  std::mutex watch_mutex_;
  std::condition_variable watch_changed_;
  bool stopping_ = false, stop_asked_ = false;
  std::function<void()> on_stop_;
  // Of the clock's thread.
  telemetry::ProcessorLoad processor_load_;
  int quiet_ticks_ = 0;
  bool roofline_asked_ = false;
  SteadyClock::time_point pruned_{};
  std::atomic<int> clients_{0};
  std::atomic<SteadyClock::time_point> last_activity_;
  std::thread watcher_;
};

}  // namespace diptych::host
