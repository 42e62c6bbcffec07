// Memory by owner as one stacked bar with its fixed colours; other programs are hatched, free is an empty box.
#pragma once

#include <QAbstractButton>

#include "ui/widgets/gauge_reading.h"

class QPainter;

namespace diptych::ui {

class MemoryGauge : public QAbstractButton {
  Q_OBJECT

 public:
  explicit MemoryGauge(QWidget* parent = nullptr);

  void set_snapshot(const GaugeSnapshot& snapshot);  // repaints only where something visible changed
  QString value_text() const { return value_; }
  QSize sizeHint() const override;
  QSize minimumSizeHint() const override;

 protected:
  void paintEvent(QPaintEvent* event) override;

 private:
  void describe();

  GaugeSnapshot snapshot_;
  QString value_;
  QList<int> shares_;  // thousandths of the capacity
};

// The bar alone, for panels that show a prediction; shares beyond the capacity are cut off.
void paint_memory_bar(QPainter& painter, const QRectF& rect, const QList<MemoryShare>& shares, double capacity_bytes);

}  // namespace diptych::ui
