// The host's parts that make and keep pictures.
#include "engine/host/host.h"

namespace diptych::host {
namespace {

// Until a model is hashed: 9 GB at the 1.8 GB/s of one core. From a slow disk it takes longer than anybody should wait.
constexpr auto hash_patience = std::chrono::seconds(5);

}  // namespace

void Host::make_image_services() {
  const auto publish = [this](const char* type, const auto& value) { events_->publish(type, api::dump(value)); };
  const auto host_settings = [this] { return settings(); };
  const auto roofline = [kept = options_.roofline] { return kept ? kept->value() : Roofline{}; };
  gallery_ = std::make_unique<Gallery>(
      *writer_, *reader_,
      GalleryHooks{[publish](const api::ImageInfo& image) { publish("image_changed", api::to_json(image)); },
                   [publish](const std::string& id) {
                     publish("image_removed", api::Json{{"id", id}});
                   },
                   [this](const std::string& upload) { return image_jobs_ && image_jobs_->names(upload); }});
  planner_ = std::make_unique<ImagePlanner>(ImagePlannerServices{
      *options_.image_loader, *models_, *gallery_, *writer_, *reader_,
      // The image model that is loaded is the run's own, or makes room for it; and a run that is under way ends before.
      [this] {
        return memory_->free_bytes(nullptr, MemoryUser::image_run) +
               (image_worker_ ? image_worker_->memory().total_bytes : 0);
      },
      roofline});
  hashes_ = std::make_unique<ModelHashes>(hash_patience);
  saver_ = std::make_unique<ImageSaver>(*gallery_);
  image_worker_ = std::make_unique<ImageWorker>(ImageWorkerServices{
      *options_.image_loader, *queue_, *models_, *planner_, *saver_, *hashes_, *memory_, meter_, options_.version,
      host_settings, roofline,
      [power = options_.power]() -> std::optional<double> { return power ? power->joules() : std::nullopt; }});
  image_jobs_ = std::make_unique<ImageJobs>(
      ImageJobsServices{*queue_, *jobs_, *writer_, *planner_, *image_worker_, *saver_,
                        [publish] { publish("image_queue_changed", api::Json::object()); }});
  openai_images_ = std::make_unique<OpenAiImages>(*jobs_, *reader_, *image_jobs_, *gallery_);
  image_jobs_->resume(reader_->read([](Database& database) { return store::waiting_image_jobs(database); }));
}

}  // namespace diptych::host
