// Telemetry: samples on a clock, their stream and their history.
#pragma once

#include <deque>
#include <functional>
#include <memory>
#include <mutex>
#include <optional>
#include <string>

#include "engine/api/telemetry.h"
#include "engine/host/jobs/compute_queue.h"
#include "engine/host/jobs/jobs.h"
#include "engine/host/jobs/topic.h"
#include "engine/host/machine/meter.h"
#include "engine/host/models/model_manager.h"
#include "engine/telemetry/memory.h"
#include "engine/telemetry/power.h"

namespace diptych::host {

struct TelemetrySources {
  ComputeQueue& queue;
  JobBoard& jobs;
  ModelManager& models;
  Meter& meter;
  telemetry::PowerSource* power = nullptr;
  std::function<Roofline()> roofline;
  std::function<api::HostSettings()> settings;
  std::function<telemetry::SystemMemory()> memory;
  std::function<MemoryUse()> image_memory, training_memory;  // of the image model that is loaded
};

class TelemetrySampler {
 public:
  explicit TelemetrySampler(TelemetrySources sources) : sources_(std::move(sources)) {}

  // Takes a sample if one is due (250 ms while busy, 1 s while idle); the time when the next one is.
  SteadyClock::time_point tick(SteadyClock::time_point now);

  std::shared_ptr<Topic> topic() const { return topic_; }
  api::TelemetryHistory history(int64_t seconds) const;
  std::optional<api::TelemetrySample> latest() const;

 private:
  api::TelemetrySample sample(SteadyClock::time_point now);

  TelemetrySources sources_;
  std::shared_ptr<Topic> topic_ = std::make_shared<Topic>(16);
  mutable std::mutex mutex_;
  std::deque<api::TelemetrySample> history_;  // one per second, an hour
  SteadyClock::time_point last_{}, last_kept_{};
  Meter::Totals totals_;
  double busy_s_ = 0;
  std::optional<double> joules_;
};

}  // namespace diptych::host
