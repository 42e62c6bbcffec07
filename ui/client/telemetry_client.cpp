#include "ui/client/telemetry_client.h"

#include <QCoreApplication>
#include <QDateTime>
#include <algorithm>
#include <array>
#include <utility>

#include "ui/client/provenance.h"
#include "ui/client/text.h"

namespace diptych::ui {
namespace {

Reading to_reading(const api::Reading& reading, const api::Reading& limit = {}) {
  Reading result;
  result.value = reading.value;
  result.provenance = provenance_of(reading.known);
  result.limit = limit.value.value_or(0);
  if (reading.value) {
    result.source = qt(reading.source);
    if (limit.value && !limit.source.empty())
      result.source += QCoreApplication::translate("Gauge", "; limit: %1").arg(qt(limit.source));
  } else {
    result.missing = qt(reading.source);
  }
  return result;
}

MemoryOwner owner_of(const std::string& name) {
  static constexpr std::array<std::pair<const char*, MemoryOwner>, 6> names{{{"weights", MemoryOwner::weights},
                                                                             {"kv_cache", MemoryOwner::kv_cache},
                                                                             {"activations", MemoryOwner::activations},
                                                                             {"workspace", MemoryOwner::workspace},
                                                                             {"gradients", MemoryOwner::gradients},
                                                                             {"optimizer", MemoryOwner::optimizer}}};
  for (const auto& [known, owner] : names)
    if (name == known) return owner;
  return MemoryOwner::workspace;  // a newer host's owner: still the engine's memory
}

}  // namespace

GaugeSnapshot to_snapshot(const api::TelemetrySample& sample) {
  GaugeSnapshot result;
  result.time_ms = sample.time_ms;
  result.tokens_per_s = to_reading(sample.tokens_per_s);
  if (sample.devices.empty()) return result;
  const api::DeviceTelemetry& device = sample.devices.front();
  result.device = qt(device.device);
  for (const api::OwnerMemory& owner : device.owners)
    if (owner.bytes > 0) result.memory << MemoryShare{owner_of(owner.owner), owner.bytes};
  if (device.memory_other_bytes.value)
    result.memory << MemoryShare{MemoryOwner::other_programs, std::max(0.0, *device.memory_other_bytes.value)};
  result.capacity_bytes = device.memory_capacity_bytes.value.value_or(0);
  result.memory_provenance = provenance_of(device.memory_capacity_bytes.known);
  result.memory_source = qt(device.memory_capacity_bytes.source);
  result.bandwidth_gb_s = to_reading(device.bandwidth_gb_s, device.bandwidth_roofline_gb_s);
  result.compute_gflop_s = to_reading(device.gflop_s, device.gflop_s_roofline);
  result.power_w = to_reading(device.power_w);
  result.joules_per_token = to_reading(device.joules_per_token);
  // Power can be read, but no token came of it: nothing is running, which is no failure to read.
  if (device.power_w.value && !device.joules_per_token.value) result.joules_per_token.missing.clear();
  return result;
}

GaugeSnapshot silent_snapshot(const QString& why) {
  GaugeSnapshot result;
  result.time_ms = QDateTime::currentMSecsSinceEpoch();
  for (Reading* reading : {&result.bandwidth_gb_s, &result.compute_gflop_s, &result.power_w, &result.tokens_per_s,
                           &result.joules_per_token})
    reading->missing = why;
  return result;
}

TelemetryClient::TelemetryClient(HostLink* link, QObject* parent)
    : QObject(parent), link_(link), stream_(link->http()) {
  connect(link, &HostLink::state_changed, this, &TelemetryClient::host_state);
  connect(&stream_, &EventStream::received, this, [this](const QString& type, const api::Json& data) {
    if (type != QLatin1String("sample")) return;
    try {
      const GaugeSnapshot next = to_snapshot(api::from_json<api::TelemetrySample>(data));
      history_.add(next);
      emit snapshot(next);
    } catch (const api::FieldError&) {
      // A sample that cannot be read is one that did not come; the next may.
    }
  });
}

void TelemetryClient::host_state(HostLink::State state, const QString& reason) {
  if (state == HostLink::State::ready) {
    if (history_.snapshots().empty())
      fetch_history();  // first: the charts take their points in order
    else
      stream_.open(QStringLiteral("/api/telemetry"));
    return;
  }
  stream_.close();
  emit snapshot(silent_snapshot(reason.isEmpty() ? tr("the engine is starting") : reason));
}

void TelemetryClient::fetch_history() {
  link_->http()->get(QStringLiteral("/api/telemetry/history?seconds=%1").arg(GaugeHistory::span_ms / 1000), this,
                     [this](const Reply& reply) {
                       try {
                         api::TelemetryHistory past;
                         if (reply.ok()) past = api::from_json<api::TelemetryHistory>(reply.json);
                         for (const api::TelemetrySample& sample : past.samples) history_.add(to_snapshot(sample));
                       } catch (const api::FieldError&) {
                         // Without the past the charts begin now.
                       }
                       if (link_->state() == HostLink::State::ready) stream_.open(QStringLiteral("/api/telemetry"));
                     });
}

}  // namespace diptych::ui
