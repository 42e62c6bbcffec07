// What the gauges show: each number with its limit, how it is known, and where it comes from.
#pragma once

#include <QList>
#include <QString>
#include <optional>

#include "ui/theme/palette.h"

namespace diptych::ui {

enum class Provenance { counter, modelled, estimated };

QString provenance_mark(Provenance provenance);         // ● ◐ ○
QString provenance_name(Provenance provenance);         // "counter", …
QString provenance_explanation(Provenance provenance);  // one sentence for a tooltip

struct Reading {
  std::optional<double> value;  // none: `missing` says why
  double limit = 0;             // measured roofline or capacity in the same unit; 0: none
  Provenance provenance = Provenance::counter;
  QString source;   // "bytes declared by the ops over measured time"
  QString missing;  // "the kernel lets only root read RAPL"

  bool operator==(const Reading&) const = default;
};

struct MemoryShare {
  MemoryOwner owner = MemoryOwner::weights;
  double bytes = 0;

  bool operator==(const MemoryShare&) const = default;
};

QString memory_owner_name(MemoryOwner owner);

struct GaugeSnapshot {
  qint64 time_ms = 0;         // since the epoch
  QString device;             // "cpu"
  QList<MemoryShare> memory;  // without free
  double capacity_bytes = 0;  // 0: not known
  Provenance memory_provenance = Provenance::counter;
  QString memory_source;
  Reading bandwidth_gb_s, compute_gflop_s, power_w, tokens_per_s, joules_per_token;

  double used_bytes() const;
  double free_bytes() const;
};

// The gauges in the order of the strip, after the memory bar.
enum class GaugeKind { memory, bandwidth, compute, power, speed, energy };
inline constexpr GaugeKind all_gauges[]{GaugeKind::memory, GaugeKind::bandwidth, GaugeKind::compute,
                                        GaugeKind::power,  GaugeKind::speed,     GaugeKind::energy};

QString gauge_title(GaugeKind kind);                                          // "Bandwidth"
QString gauge_unit(GaugeKind kind);                                           // "GB/s"; memory: "GB"
const Reading* gauge_reading(const GaugeSnapshot& snapshot, GaugeKind kind);  // null for memory

}  // namespace diptych::ui
