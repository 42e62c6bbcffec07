// Models of the host: what is there, what is loaded, memory reserved before loading, and unloading when unused.
#pragma once

#include <atomic>
#include <filesystem>
#include <functional>
#include <map>
#include <memory>
#include <mutex>
#include <optional>
#include <string>

#include "engine/api/model.h"
#include "engine/host/chat/text_model.h"
#include "engine/host/images/image_loader.h"
#include "engine/host/jobs/compute_queue.h"
#include "engine/host/jobs/jobs.h"
#include "engine/host/machine/memory_table.h"
#include "engine/host/machine/roofline.h"
#include "engine/io/library/model_index.h"

namespace diptych::host {

struct ModelManagerHooks {
  std::function<api::HostSettings()> settings;
  MemoryTable* memory = nullptr;
  // Of an image model that no run uses; and takes it out of memory, on the device's thread, before what is queued next.
  std::function<int64_t()> unused_image_bytes = {};
  std::function<void()> unload_unused_image = {};
  std::function<Roofline()> roofline;
  std::function<void(const api::ModelInfo&)> changed;
  const ImageLoader* images = nullptr;  // tells image models, which are listed here and loaded by their jobs
  ModelDescriber describe = {};         // tells models from files that are used with them; empty: folders' names do
};

class ModelManager;

// Keeps a model from unloading itself while an answer waits for it or is written with it.
class ModelLease {
 public:
  ModelLease() = default;
  ModelLease(ModelManager* manager, std::string id) : manager_(manager), id_(std::move(id)) {}
  ~ModelLease();
  ModelLease(ModelLease&& other) noexcept
      : manager_(std::exchange(other.manager_, nullptr)), id_(std::move(other.id_)) {}
  ModelLease& operator=(ModelLease&&) = delete;
  const std::string& id() const { return id_; }

 private:
  ModelManager* manager_ = nullptr;
  std::string id_;
};

class ModelManager {
 public:
  ModelManager(const ModelLoader& loader, ComputeQueue& queue, JobBoard& jobs, ModelManagerHooks hooks);

  std::vector<api::ModelInfo> list();  // looks into the library's folders
  // From an id, a path or a catalogue name to an id. Error (not_found).
  std::string resolve(const std::string& name);
  api::ModelInfo info(const std::string& id);
  // The id that an answer without a model takes: loaded (or loading) and used last; Error (unavailable) without one.
  std::string default_model();

  struct Started {
    api::ModelInfo model;
    std::string job;
  };
  // Error (out_of_memory) where it does not fit: what it needs, what is free. Loaded or loading already: its state.
  Started load(const api::LoadRequest& request);
  api::ModelInfo cancel_load(const std::string& id);
  api::ModelInfo unload(const std::string& id);
  api::ModelInfo set_keep_alive(const std::string& id, int seconds);

  // Starts loading where needed. Tasks that are queued afterwards find the model with get().
  ModelLease use(const std::string& id);
  std::shared_ptr<TextModel> get(const std::string& id);     // Error: why it is not loaded
  std::shared_ptr<TextModel> loaded(const std::string& id);  // null where it is not
  std::vector<std::shared_ptr<TextModel>> all_loaded();

  // Unloads what was not used for its keep-alive time.
  void unload_unused(SteadyClock::time_point now);
  void measured(const std::string& id, double tokens_per_s);
  // Of an image model, whose jobs load it. memory_bytes: in use; none where it is not loaded.
  void set_image_state(const std::string& id, api::ModelState state, double load_progress,
                       std::optional<int64_t> memory_bytes);
  // Of an image model that was asked about: the list does not know it, as it reads headers only.
  void set_image_memory(const std::string& id, int64_t predicted_bytes);
  void cancel_all();

 private:
  friend class ModelLease;
  struct Entry {
    api::ModelInfo info;
    std::string kv;
    LoadSettings predicted_for;  // that info.memory_bytes is for
    double decode_bytes = 0;
    bool readable = false;
    std::optional<diptych::ModelKind> told;  // what the library knows of it; none: nothing
    std::filesystem::file_time_type changed{};
    std::shared_ptr<TextModel> model;
    std::shared_ptr<Job> job;
    MemoryTable::Claim claim = {};  // while it loads
    std::optional<int> keep_alive_s;
    int users = 0;
    SteadyClock::time_point last_used{};
    int64_t use_order = 0;
  };

  void scan();
  Entry& add(const std::filesystem::path& path, const std::string& id, const LibraryModel* known = nullptr);
  Entry& entry(const std::string& id);
  void describe(Entry& entry);
  void describe(Entry& entry, const LibraryModel& known);
  void describe_image(Entry& entry) const;
  LoadSettings settings_for(const Entry& entry, int64_t context_tokens, const std::string& kv) const;
  void predict(Entry& entry, const LoadSettings& settings);
  void complete(Entry& entry, api::ModelInfo& info) const;
  void check_room(const Entry& entry, int64_t free_bytes) const;  // Error (out_of_memory)
  void run_load(const std::string& id, const LoadSettings& settings, const std::shared_ptr<Job>& job,
                const std::shared_ptr<std::atomic<double>>& fraction);
  void release(const std::string& id);
  void changed(const std::string& id);

  const ModelLoader& loader_;
  ComputeQueue& queue_;
  JobBoard& jobs_;
  ModelManagerHooks hooks_;
  std::recursive_mutex mutex_;
  std::map<std::string, Entry> entries_;
  int64_t use_order_ = 0;
};

}  // namespace diptych::host
