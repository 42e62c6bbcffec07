#include "ui/widgets/gauge_reading.h"

#include <QCoreApplication>
#include <algorithm>

namespace diptych::ui {
namespace {

QString tr(const char* text) {
  return QCoreApplication::translate("Gauge", text);
}

}  // namespace

QString provenance_mark(Provenance provenance) {
  switch (provenance) {
    case Provenance::counter:
      return QStringLiteral("●");
    case Provenance::modelled:
      return QStringLiteral("◐");
    case Provenance::estimated:
      break;
  }
  return QStringLiteral("○");
}

QString provenance_name(Provenance provenance) {
  switch (provenance) {
    case Provenance::counter:
      return tr("counter");
    case Provenance::modelled:
      return tr("modelled");
    case Provenance::estimated:
      break;
  }
  return tr("estimated");
}

QString provenance_explanation(Provenance provenance) {
  switch (provenance) {
    case Provenance::counter:
      return tr("● counter: read from the hardware, the system or the engine");
    case Provenance::modelled:
      return tr("◐ modelled: our own count of work over measured time");
    case Provenance::estimated:
      break;
  }
  return tr("○ estimated: worked out from figures that were not measured");
}

QString memory_owner_name(MemoryOwner owner) {
  switch (owner) {
    case MemoryOwner::weights:
      return tr("Weights");
    case MemoryOwner::kv_cache:
      return tr("KV cache");
    case MemoryOwner::activations:
      return tr("Activations");
    case MemoryOwner::workspace:
      return tr("Workspace");
    case MemoryOwner::gradients:
      return tr("Gradients");
    case MemoryOwner::optimizer:
      return tr("Optimizer");
    case MemoryOwner::other_programs:
      return tr("Other programs");
    case MemoryOwner::free:
      break;
  }
  return tr("Free");
}

double GaugeSnapshot::used_bytes() const {
  double used = 0;
  for (const MemoryShare& share : memory) used += share.bytes;
  return used;
}

double GaugeSnapshot::free_bytes() const {
  return std::max(0.0, capacity_bytes - used_bytes());
}

QString gauge_title(GaugeKind kind) {
  switch (kind) {
    case GaugeKind::memory:
      return tr("Memory");
    case GaugeKind::bandwidth:
      return tr("Bandwidth");
    case GaugeKind::compute:
      return tr("Compute");
    case GaugeKind::power:
      return tr("Power");
    case GaugeKind::speed:
      return tr("Speed");
    case GaugeKind::energy:
      break;
  }
  return tr("Energy");
}

QString gauge_unit(GaugeKind kind) {
  switch (kind) {
    case GaugeKind::memory:
      return QStringLiteral("GB");
    case GaugeKind::bandwidth:
      return QStringLiteral("GB/s");
    case GaugeKind::compute:
      return QStringLiteral("GFLOP/s");
    case GaugeKind::power:
      return QStringLiteral("W");
    case GaugeKind::speed:
      return tr("tokens/s");
    case GaugeKind::energy:
      break;
  }
  return tr("J/token");
}

const Reading* gauge_reading(const GaugeSnapshot& snapshot, GaugeKind kind) {
  switch (kind) {
    case GaugeKind::memory:
      return nullptr;
    case GaugeKind::bandwidth:
      return &snapshot.bandwidth_gb_s;
    case GaugeKind::compute:
      return &snapshot.compute_gflop_s;
    case GaugeKind::power:
      return &snapshot.power_w;
    case GaugeKind::speed:
      return &snapshot.tokens_per_s;
    case GaugeKind::energy:
      break;
  }
  return &snapshot.joules_per_token;
}

}  // namespace diptych::ui
