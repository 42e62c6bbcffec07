// What the device's thread does for jobs that make pictures: holds the model that was used last and runs it, one
// picture or batch after the other.
//
// An answer does not wait for a job: between any two ops of a run the device does what was queued meanwhile
// (ComputeQueue::run_waiting), and its time is not counted as the run's. Image jobs themselves follow one another.
#pragma once

#include <functional>
#include <map>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <vector>

#include "engine/host/images/image_planner.h"
#include "engine/host/images/image_preview.h"
#include "engine/host/images/image_progress.h"
#include "engine/host/images/image_saver.h"
#include "engine/host/jobs/compute_queue.h"
#include "engine/host/jobs/jobs.h"
#include "engine/host/machine/memory_table.h"
#include "engine/host/machine/meter.h"
#include "engine/host/models/model_hashes.h"

namespace diptych::host {

struct ImageWorkerServices {
  const ImageLoader& loader;
  ComputeQueue& queue;
  ModelManager& models;
  ImagePlanner& planner;
  ImageSaver& saver;
  ModelHashes& hashes;
  MemoryTable& memory;
  Meter& meter;
  std::string version;  // of the program, for recipes
  std::function<api::HostSettings()> settings;
  std::function<Roofline()> roofline;
  std::function<std::optional<double>()> joules;
};

// One run of a job. `saved` hears of each picture when its file is written.
struct ImageWork {
  std::shared_ptr<Job> job;
  api::ImageSettings settings;  // one run, seed set
  ImageProgressClock& clock;
  int run = 0;
  std::function<void(size_t index, const api::ImageInfo&)> saved;
};

struct MadeImages {
  std::vector<Image8> pictures;
  std::vector<std::string> ids;  // of the gallery's entries that they become
};

class ImageWorker {
 public:
  explicit ImageWorker(ImageWorkerServices services) : services_(std::move(services)) {}

  // On the device's thread. The saver writes the pictures meanwhile. Error: whatever stops the run.
  MadeImages run(const ImageWork& work);
  // Hands a picture to the saver, and tells the job of it. Its id.
  std::string save(const std::shared_ptr<Job>& job, Image8 picture, api::ImageInfo info,
                   std::function<void(const api::ImageInfo&)> saved, std::function<void(FinishedImage&)> complete = {});

  std::optional<ImagePreview::Encoded> preview(const std::string& job) const;  // any thread
  MemoryUse memory() const;                                                    // any thread
  bool loaded() const;
  int64_t unused_bytes() const;  // of a model that is loaded while nothing runs; any thread
  void unload();                 // on the device's thread; a run that is under way keeps the model until it ends
  void unload_soon();            // on the device's thread, unless a run has begun by then; any thread
  void unload_unused(SteadyClock::time_point now);

 private:
  std::shared_ptr<LoadedImageModel> model_for(const ImageTarget& target, const ImageWork& work);
  void wait_for_room(const ImageWork& work);
  const std::map<std::string, Image8>& pictures_for(const ImageWork& work);
  api::ImageMetrics metrics_of(const ImageRunResult& result, const ImagePlan& plan, std::optional<double> joules) const;
  MadeImages hand_on(const ImageWork& work, const ImagePlan& plan, ImageRunResult result, std::optional<double> joules);

  ImageWorkerServices services_;
  mutable std::mutex mutex_;
  std::shared_ptr<LoadedImageModel> model_;
  ImageTarget loaded_;
  bool running_ = false;
  SteadyClock::time_point last_used_{};
  std::string preview_job_;
  std::shared_ptr<ImagePreview> preview_;
  std::map<std::string, Image8> pictures_;  // of the job that runs
  std::string pictures_job_;
};

}  // namespace diptych::host
