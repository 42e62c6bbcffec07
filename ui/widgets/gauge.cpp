#include "ui/widgets/gauge.h"

#include <QEvent>
#include <QPainter>
#include <algorithm>
#include <cmath>

#include "ui/theme/style.h"
#include "ui/theme/style_paint.h"
#include "ui/theme/theme.h"
#include "ui/theme/typography.h"
#include "ui/widgets/quantity.h"

namespace diptych::ui {
namespace {

// The widest value that a gauge usually holds: the strip keeps its places while numbers change.
QString widest(GaugeKind kind) {
  switch (kind) {
    case GaugeKind::bandwidth:
      return QStringLiteral("88.8 of 88.8 GB/s");
    case GaugeKind::compute:
      return QStringLiteral("888 of 888 GFLOP/s");
    case GaugeKind::speed:
      return QStringLiteral("8,888 tokens/s");
    case GaugeKind::energy:
      return QStringLiteral("0.888 J/token");
    default:
      return QStringLiteral("not readable");
  }
}

}  // namespace

QString reading_text(GaugeKind kind, const Reading& reading) {
  if (!reading.value) {
    // Nothing runs, or nothing can be read: two different things.
    return reading.missing.isEmpty() ? QStringLiteral("–") : Gauge::tr("not readable");
  }
  return format_rate_of(*reading.value, reading.limit, gauge_unit(kind));
}

QString reading_tooltip(GaugeKind kind, const Reading& reading) {
  QString text = gauge_title(kind) + QStringLiteral(": ") + reading_text(kind, reading);
  if (!reading.value && !reading.missing.isEmpty()) return text + QLatin1Char('\n') + reading.missing;
  if (!reading.value) return text + QLatin1Char('\n') + Gauge::tr("Nothing is running");
  if (reading.limit > 0)
    text += QLatin1Char('\n') +
            Gauge::tr("Limit: %1, measured on this machine").arg(format_quantity(reading.limit, gauge_unit(kind)));
  if (!reading.source.isEmpty()) text += QLatin1Char('\n') + Gauge::tr("Source: %1").arg(reading.source);
  return text + QLatin1Char('\n') + provenance_explanation(reading.provenance);
}

Gauge::Gauge(GaugeKind kind, QWidget* parent) : QAbstractButton(parent), kind_(kind), value_(QStringLiteral("–")) {
  setFocusPolicy(Qt::TabFocus);
  setAttribute(Qt::WA_Hover);
  setCursor(Qt::PointingHandCursor);
  setSizePolicy(QSizePolicy::Fixed, QSizePolicy::Expanding);
  setAccessibleName(gauge_title(kind));
  setWhatsThis(tr("%1 of the engine. Activate it to see the last ten minutes.").arg(gauge_title(kind)));
  describe();
}

void Gauge::set_reading(const Reading& reading) {
  const QString value = reading_text(kind_, reading);
  const int filled = reading.value && reading.limit > 0
                         ? static_cast<int>(std::lround(1000 * std::clamp(*reading.value / reading.limit, 0.0, 1.0)))
                         : 0;
  // The bar is some 100 px wide: less than a pixel is no change.
  const bool visible = value != value_ || std::abs(filled - filled_) >= 8 ||
                       reading.provenance != reading_.provenance ||
                       reading.value.has_value() != reading_.value.has_value();
  const bool described = visible || reading.source != reading_.source || reading.missing != reading_.missing;
  reading_ = reading;
  if (!described) return;
  value_ = value;
  filled_ = filled;
  describe();
  if (visible) update();
}

void Gauge::describe() {
  setToolTip(reading_tooltip(kind_, reading_));
  QString spoken = value_ == QStringLiteral("–") ? tr("nothing is running") : value_;
  if (reading_.value)
    spoken += QStringLiteral(", ") + provenance_name(reading_.provenance);
  else if (!reading_.missing.isEmpty())
    spoken += QStringLiteral(": ") + reading_.missing;
  setAccessibleDescription(spoken);
}

QSize Gauge::sizeHint() const {
  const qreal width = std::max(tabular_width(text_font(TextSize::body), widest(kind_)),
                               tabular_width(text_font(TextSize::body), value_));
  return {static_cast<int>(std::ceil(width)) + 2 * grid, 44};
}

void Gauge::paintEvent(QPaintEvent*) {
  QPainter painter(this);
  const Palette& palette = theme_palette();
  if (underMouse() || isDown()) paint_box(painter, rect(), radius, isDown() ? palette.border : palette.hover);
  const qreal left = grid;
  painter.setFont(text_font(TextSize::caption));
  painter.setPen(palette.secondary);
  QString caption = gauge_title(kind_);
  if (reading_.value) caption += QLatin1Char(' ') + provenance_mark(reading_.provenance);
  painter.drawText(QPointF(left, 17), caption);
  painter.setFont(text_font(TextSize::body));
  painter.setPen(reading_.value ? palette.text : palette.secondary);
  draw_tabular(painter, {left, 33}, value_);
  if (reading_.value && reading_.limit > 0) {
    const QRectF track(left, height() - 6, width() - 2 * left, 3);
    paint_box(painter, track, 1.5, palette.border);
    const qreal filled = track.width() * filled_ / 1000;
    if (filled >= 1) paint_box(painter, {track.x(), track.y(), filled, track.height()}, 1.5, palette.accent);
  }
  if (hasFocus()) paint_focus_ring(painter, rect(), radius, palette.accent);
}

void Gauge::changeEvent(QEvent* event) {
  if (event->type() == QEvent::PaletteChange || event->type() == QEvent::FontChange) updateGeometry();
  QAbstractButton::changeEvent(event);
}

}  // namespace diptych::ui
