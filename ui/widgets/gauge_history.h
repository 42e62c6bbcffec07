// The last ten minutes of every gauge.
#pragma once

#include <QObject>
#include <deque>

#include "ui/widgets/gauge_reading.h"

namespace diptych::ui {

class GaugeHistory : public QObject {
  Q_OBJECT

 public:
  static constexpr qint64 span_ms = 10 * 60 * 1000;

  using QObject::QObject;

  void add(const GaugeSnapshot& snapshot);  // drops what is older than the span
  const std::deque<GaugeSnapshot>& snapshots() const { return snapshots_; }
  const GaugeSnapshot* latest() const { return snapshots_.empty() ? nullptr : &snapshots_.back(); }

 signals:
  void changed();

 private:
  std::deque<GaugeSnapshot> snapshots_;
};

}  // namespace diptych::ui
