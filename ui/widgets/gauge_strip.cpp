#include "ui/widgets/gauge_strip.h"

#include <QHBoxLayout>
#include <QPainter>
#include <algorithm>

#include "ui/theme/style.h"
#include "ui/theme/theme.h"
#include "ui/widgets/gauge.h"
#include "ui/widgets/memory_gauge.h"

namespace diptych::ui {

GaugeStrip::GaugeStrip(QWidget* parent) : QWidget(parent), memory_(new MemoryGauge(this)) {
  setFixedHeight(strip_height);
  setAccessibleName(tr("Gauges"));
  auto* row = new QHBoxLayout(this);
  row->setContentsMargins(grid, 4, grid, 4);
  row->setSpacing(grid);
  row->setSizeConstraint(QLayout::SetNoConstraint);  // resizeEvent() hides what has no room
  row->addWidget(memory_, 1);
  memory_->setMaximumWidth(360);
  connect(memory_, &MemoryGauge::clicked, this, [this] { emit history_requested(GaugeKind::memory); });
  for (const GaugeKind kind : all_gauges) {
    if (kind == GaugeKind::memory) continue;
    auto* gauge = new Gauge(kind, this);
    connect(gauge, &Gauge::clicked, this, [this, kind] { emit history_requested(kind); });
    row->addWidget(gauge);
    gauges_ << gauge;
  }
  row->addStretch(1);
}

void GaugeStrip::set_snapshot(const GaugeSnapshot& snapshot) {
  memory_->set_snapshot(snapshot);
  for (Gauge* gauge : gauges_) gauge->set_reading(*gauge_reading(snapshot, gauge->kind()));
}

Gauge* GaugeStrip::gauge(GaugeKind kind) const {
  const auto found = std::ranges::find(gauges_, kind, &Gauge::kind);
  return found == gauges_.end() ? nullptr : *found;
}

void GaugeStrip::resizeEvent(QResizeEvent* event) {
  // What stays longest comes first.
  constexpr GaugeKind order[]{GaugeKind::speed, GaugeKind::bandwidth, GaugeKind::energy, GaugeKind::power,
                              GaugeKind::compute};
  int room = width() - 2 * grid - memory_->minimumSizeHint().width();
  for (const GaugeKind kind : order) {
    Gauge* shown = gauge(kind);
    room -= shown->sizeHint().width() + grid;
    shown->setVisible(room >= 0);
  }
  QWidget::resizeEvent(event);
}

void GaugeStrip::paintEvent(QPaintEvent*) {
  QPainter painter(this);
  const Palette& palette = theme_palette();
  painter.fillRect(rect(), palette.surface);
  painter.fillRect(0, 0, width(), 1, palette.border);
}

}  // namespace diptych::ui
