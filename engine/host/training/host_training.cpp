// The host's part that trains, and what is removed when its time is over.
#include "engine/core/log.h"
#include "engine/host/host.h"
#include "engine/host/http/errors.h"

namespace diptych::host {
namespace {

constexpr auto prune_every = std::chrono::hours(6);

}  // namespace

void Host::make_training() {
  training_ = std::make_unique<Training>(TrainingServices{
      options_.registry, options_.threads, *queue_, *jobs_, *writer_, *reader_, *models_, *memory_, meter_,
      *completions_, image_jobs_.get(), [this] { return settings(); },
      [kept = options_.roofline] { return kept ? kept->value() : Roofline{}; },
      [power = options_.power]() -> std::optional<double> { return power ? power->joules() : std::nullopt; },
      options_.memory, [this] { return image_worker_ ? image_worker_->unused_bytes() : 0; },
      [this](int64_t bytes) {
        if (image_worker_ && memory_->free_bytes() < bytes) image_worker_->unload_soon();
      },
      [this](const char* type, const api::Json& data) { events_->publish(type, api::dump(data)); }});
}

// On the clock's thread: at the start and then a few times a day.
void Host::prune() {
  const auto now = SteadyClock::now();
  if (pruned_ != SteadyClock::time_point{} && now - pruned_ < prune_every) return;
  pruned_ = now;
  try {
    if (gallery_) gallery_->prune(now_ms());
    if (training_) training_->prune(now_ms());
  } catch (...) {
    log_warning("what was deleted long ago could not be removed: " + describe(std::current_exception()).message);
  }
}

}  // namespace diptych::host
