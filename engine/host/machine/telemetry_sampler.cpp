#include "engine/host/machine/telemetry_sampler.h"

#include <algorithm>
#include <array>

#include "engine/core/arena.h"

namespace diptych::host {
namespace {

using api::Known;
using api::reading;
using api::unreadable;

constexpr auto busy_interval = std::chrono::milliseconds(250);
constexpr auto idle_interval = std::chrono::seconds(1);
constexpr size_t history_samples = 3600;

void add_use(MemoryUse& sum, const MemoryUse& use) {
  for (size_t i = 0; i < owner_count; ++i) {
    sum.bytes[i] += use.bytes[i];
    sum.peak_bytes[i] += use.peak_bytes[i];
  }
  sum.total_bytes += use.total_bytes;
  sum.mapped_bytes += use.mapped_bytes;
}

}  // namespace

SteadyClock::time_point TelemetrySampler::tick(SteadyClock::time_point now) {
  const bool busy = sources_.queue.busy();
  const auto interval = busy ? std::chrono::duration_cast<SteadyClock::duration>(busy_interval) : idle_interval;
  // A stream that finds the device idle hears of its work within 250 ms.
  const auto next = [&] { return topic_->readers() > 0 || busy ? now + busy_interval : now + idle_interval; };
  if (now - last_ + std::chrono::milliseconds(10) < interval) return next();
  api::TelemetrySample taken = sample(now);
  last_ = now;
  topic_->publish("sample", api::dump(api::to_json(taken)));
  const std::lock_guard lock(mutex_);
  if (history_.empty() || now - last_kept_ + std::chrono::milliseconds(10) >= idle_interval) {
    last_kept_ = now;
    history_.push_back(std::move(taken));
    if (history_.size() > history_samples) history_.pop_front();
  }
  return next();
}

api::TelemetrySample TelemetrySampler::sample(SteadyClock::time_point now) {
  api::TelemetrySample result;
  result.time_ms = now_ms();
  result.busy = sources_.queue.busy();
  result.running_jobs = sources_.jobs.running();
  result.queued_jobs = sources_.jobs.queued();

  const Meter::Totals totals = sources_.meter.totals();
  const double busy_s = sources_.queue.busy_s();
  const std::optional<double> joules = sources_.power == nullptr ? std::nullopt : sources_.power->joules();
  const bool first = last_ == SteadyClock::time_point{};
  const double seconds = std::max(1e-3, std::chrono::duration<double>(now - last_).count());
  const auto tokens = static_cast<double>(totals.tokens - totals_.tokens);
  const Cost cost = totals.cost - totals_.cost;

  api::DeviceTelemetry device;
  device.device = "cpu";
  MemoryUse use;
  for (const auto& model : sources_.models.all_loaded()) add_use(use, model->memory());
  add_use(use, sources_.image_memory());
  add_use(use, sources_.training_memory());
  for (size_t i = 0; i < owner_count; ++i) {
    device.owners.push_back(
        {owner_name(static_cast<Owner>(i)), static_cast<double>(use.bytes[i]), static_cast<double>(use.peak_bytes[i])});
  }
  const telemetry::SystemMemory memory = sources_.memory();
  device.memory_capacity_bytes =
      reading(static_cast<double>(memory.total_bytes), Known::counter, "/proc/meminfo, cgroup");
  device.memory_free_bytes =
      reading(static_cast<double>(memory.available_bytes), Known::counter, "/proc/meminfo, cgroup");
  device.memory_process_bytes = reading(static_cast<double>(memory.resident_bytes), Known::counter, "/proc/self/statm");
  device.memory_other_bytes =
      reading(std::max(0.0, static_cast<double>(memory.total_bytes - memory.available_bytes - memory.resident_bytes)),
              Known::estimated, "capacity less free less this process");

  const Roofline roofline = sources_.roofline();
  const auto measured = [](double value, const char* what) {
    return value > 0
               ? reading(value, Known::counter, what)
               : unreadable("not measured yet; it is when a model is loaded and the machine is quiet for a moment");
  };
  device.bandwidth_roofline_gb_s = measured(roofline.bandwidth_gb_s, "measured on this machine: reading memory");
  device.gflop_s_roofline = measured(first ? roofline.gflop_s : roofline.compute_gflop_s(cost),
                                     "measured on this machine: multiply-adds, and 8-bit products as far as they were");
  if (!first) {
    result.tokens_per_s = reading(tokens / seconds, Known::counter, "tokens generated over time");
    device.bandwidth_gb_s =
        reading(cost.bytes() / seconds / 1e9, Known::modelled, "bytes declared by the ops over time");
    device.gflop_s = reading(cost.flops / seconds / 1e9, Known::modelled, "operations declared by the ops over time");
    device.utilisation =
        reading(std::clamp((busy_s - busy_s_) / seconds, 0.0, 1.0), Known::counter, "time in jobs over time");
  }

  const std::optional<double> watts = sources_.settings().watts;
  if (joules && joules_ && !first) {
    const double used = std::max(0.0, *joules - *joules_);
    device.power_w = reading(used / seconds, Known::counter, sources_.power->source());
    if (tokens > 0) device.joules_per_token = reading(used / tokens, Known::counter, sources_.power->source());
  } else if (watts) {
    device.power_w = reading(*watts, Known::estimated, "entered by the user");
    if (tokens > 0 && !first) {
      device.joules_per_token =
          reading(*watts * (busy_s - busy_s_) / tokens, Known::estimated, "watts entered by the user");
    }
  } else {
    const std::string why = sources_.power == nullptr ? "this system has no energy counter" : sources_.power->source();
    device.power_w = unreadable(joules ? "waiting for a second reading" : why);
    device.joules_per_token = unreadable(joules ? "waiting for a second reading" : why);
  }
  if (!device.joules_per_token.value && device.joules_per_token.source.empty()) {
    device.joules_per_token = unreadable("no token was generated in this interval");
  }
  totals_ = totals;
  busy_s_ = busy_s;
  joules_ = joules;
  result.devices.push_back(std::move(device));
  return result;
}

api::TelemetryHistory TelemetrySampler::history(int64_t seconds) const {
  const std::lock_guard lock(mutex_);
  api::TelemetryHistory result;
  const int64_t oldest = now_ms() - seconds * 1000;
  for (const auto& taken : history_) {
    if (taken.time_ms >= oldest) result.samples.push_back(taken);
  }
  return result;
}

std::optional<api::TelemetrySample> TelemetrySampler::latest() const {
  const std::lock_guard lock(mutex_);
  if (history_.empty()) return std::nullopt;
  return history_.back();
}

}  // namespace diptych::host
