#include "ui/widgets/gauge_history.h"

namespace diptych::ui {

void GaugeHistory::add(const GaugeSnapshot& snapshot) {
  snapshots_.push_back(snapshot);
  while (snapshots_.front().time_ms < snapshot.time_ms - span_ms) snapshots_.pop_front();
  emit changed();
}

}  // namespace diptych::ui
