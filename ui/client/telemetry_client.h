// Follows the host's telemetry and hands it to the gauges.
#pragma once

#include <QObject>

#include "engine/api/telemetry.h"
#include "ui/client/event_stream.h"
#include "ui/client/host_link.h"
#include "ui/widgets/gauge_history.h"

namespace diptych::ui {

GaugeSnapshot to_snapshot(const api::TelemetrySample& sample);  // of its first device
GaugeSnapshot silent_snapshot(const QString& why);              // nothing is known, and why

class TelemetryClient : public QObject {
  Q_OBJECT

 public:
  explicit TelemetryClient(HostLink* link, QObject* parent = nullptr);  // `link` must outlive it

  GaugeHistory* history() { return &history_; }

 signals:
  void snapshot(const diptych::ui::GaugeSnapshot& snapshot);

 private:
  void host_state(HostLink::State state, const QString& reason);
  void fetch_history();

  HostLink* link_;
  EventStream stream_;
  GaugeHistory history_;
};

}  // namespace diptych::ui
