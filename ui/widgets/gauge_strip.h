// The row of gauges at the bottom of the window, always in view. Where it is narrow, the least needed leave first.
#pragma once

#include <QList>
#include <QWidget>

#include "ui/widgets/gauge_reading.h"

namespace diptych::ui {

class Gauge;
class MemoryGauge;

class GaugeStrip : public QWidget {
  Q_OBJECT

 public:
  static constexpr int strip_height = 52;

  explicit GaugeStrip(QWidget* parent = nullptr);

  void set_snapshot(const GaugeSnapshot& snapshot);
  Gauge* gauge(GaugeKind kind) const;  // null for memory
  MemoryGauge* memory() const { return memory_; }
  QSize minimumSizeHint() const override { return {320, strip_height}; }

 signals:
  void history_requested(diptych::ui::GaugeKind kind);

 protected:
  void paintEvent(QPaintEvent* event) override;
  void resizeEvent(QResizeEvent* event) override;

 private:
  MemoryGauge* memory_;
  QList<Gauge*> gauges_;
};

}  // namespace diptych::ui
