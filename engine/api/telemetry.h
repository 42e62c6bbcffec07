// Telemetry: each figure with how it is known and where it comes from.
#pragma once

#include <array>
#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "engine/api/fields.h"

namespace diptych::api {

enum class Known { counter, modelled, estimated, unreadable };
template <>
struct EnumNames<Known> {
  static constexpr std::array<const char*, 4> names{"counter", "modelled", "estimated", "unreadable"};
};

struct Reading {
  std::optional<double> value;  // unset: not readable, or nothing to tell (no token was made)
  Known known = Known::unreadable;
  std::string source;  // "RAPL package-0", "arena", "declared bytes over measured time"; or the reason it is unreadable

  bool operator==(const Reading&) const = default;
};

struct OwnerMemory {
  std::string owner;  // weights, kv_cache, activations, workspace, gradients, optimizer
  double bytes = 0;
  double peak_bytes = 0;
};

struct DeviceTelemetry {
  std::string device;               // "cpu", "cuda:0"
  Reading memory_capacity_bytes;    // what this process may use
  std::vector<OwnerMemory> owners;  // counter: the arena's own books
  Reading memory_process_bytes;     // resident, beside the arena's figure
  Reading memory_other_bytes;       // other programs and the system
  Reading memory_free_bytes;
  Reading bandwidth_gb_s;  // achieved
  Reading bandwidth_roofline_gb_s;
  Reading gflop_s;  // achieved
  Reading gflop_s_roofline;
  Reading power_w;
  Reading joules_per_token;
  Reading utilisation;  // 0 to 1
};

struct TelemetrySample {
  int64_t time_ms = 0;  // since the epoch
  bool busy = false;
  int running_jobs = 0, queued_jobs = 0;
  Reading tokens_per_s;  // generated, all sequences together
  std::vector<DeviceTelemetry> devices;
};

struct TelemetryHistory {  // GET /api/telemetry/history?seconds=N
  double interval_s = 1;
  std::vector<TelemetrySample> samples;  // oldest first
};

template <typename V>
void fields(V& v, Reading& x) {
  v("value", x.value);
  v("known", x.known);
  v("source", x.source);
}

template <typename V>
void fields(V& v, OwnerMemory& x) {
  v("owner", x.owner);
  v("bytes", x.bytes);
  v("peak_bytes", x.peak_bytes);
}

template <typename V>
void fields(V& v, DeviceTelemetry& x) {
  v("device", x.device);
  v("memory_capacity_bytes", x.memory_capacity_bytes);
  v("owners", x.owners);
  v("memory_process_bytes", x.memory_process_bytes);
  v("memory_other_bytes", x.memory_other_bytes);
  v("memory_free_bytes", x.memory_free_bytes);
  v("bandwidth_gb_s", x.bandwidth_gb_s);
  v("bandwidth_roofline_gb_s", x.bandwidth_roofline_gb_s);
  v("gflop_s", x.gflop_s);
  v("gflop_s_roofline", x.gflop_s_roofline);
  v("power_w", x.power_w);
  v("joules_per_token", x.joules_per_token);
  v("utilisation", x.utilisation);
}

template <typename V>
void fields(V& v, TelemetrySample& x) {
  v("time_ms", x.time_ms);
  v("busy", x.busy);
  v("running_jobs", x.running_jobs);
  v("queued_jobs", x.queued_jobs);
  v("tokens_per_s", x.tokens_per_s);
  v("devices", x.devices);
}

template <typename V>
void fields(V& v, TelemetryHistory& x) {
  v("interval_s", x.interval_s);
  v("samples", x.samples);
}

Reading reading(double value, Known known, std::string source);
Reading unreadable(std::string reason);

}  // namespace diptych::api
