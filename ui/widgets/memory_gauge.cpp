#include "ui/widgets/memory_gauge.h"

#include <QPainter>
#include <QPainterPath>
#include <cmath>

#include "ui/theme/style.h"
#include "ui/theme/style_paint.h"
#include "ui/theme/theme.h"
#include "ui/theme/typography.h"
#include "ui/widgets/quantity.h"

namespace diptych::ui {
namespace {

QString text_of(const GaugeSnapshot& snapshot) {
  if (snapshot.capacity_bytes <= 0) return QStringLiteral("–");
  return format_bytes_of(snapshot.used_bytes(), snapshot.capacity_bytes);
}

void fill_share(QPainter& painter, const QRectF& rect, MemoryOwner owner) {
  const Palette& palette = theme_palette();
  if (owner == MemoryOwner::other_programs) {
    painter.fillRect(rect, palette.raised);
    painter.fillRect(rect, QBrush(palette.owner(owner), Qt::BDiagPattern));
  } else {
    painter.fillRect(rect, palette.owner(owner));
  }
}

}  // namespace

void paint_memory_bar(QPainter& painter, const QRectF& rect, const QList<MemoryShare>& shares, double capacity_bytes) {
  const Palette& palette = theme_palette();
  const PainterScope scope(painter);
  QPainterPath shape;
  shape.addRoundedRect(rect, 4, 4);
  painter.setClipPath(shape);
  painter.fillRect(rect, palette.raised);
  if (capacity_bytes > 0) {
    qreal x = rect.x();
    for (const MemoryShare& share : shares) {
      if (share.bytes <= 0) continue;
      // What is there is at least visible.
      const qreal width = std::max(2.0, rect.width() * share.bytes / capacity_bytes);
      fill_share(painter, QRectF(x, rect.y(), width, rect.height()), share.owner);
      x += width;
      painter.fillRect(QRectF(x - 0.5, rect.y(), 0.5, rect.height()), palette.background);
      if (x >= rect.right()) break;
    }
  }
  painter.setClipping(false);
  paint_box(painter, rect, 4, {}, palette.control);
}

MemoryGauge::MemoryGauge(QWidget* parent) : QAbstractButton(parent), value_(QStringLiteral("–")) {
  setFocusPolicy(Qt::TabFocus);
  setAttribute(Qt::WA_Hover);
  setCursor(Qt::PointingHandCursor);
  setSizePolicy(QSizePolicy::Preferred, QSizePolicy::Expanding);
  setAccessibleName(gauge_title(GaugeKind::memory));
  setWhatsThis(tr("Memory of the machine by who holds it. Activate it to see the last ten minutes."));
  describe();
}

void MemoryGauge::set_snapshot(const GaugeSnapshot& snapshot) {
  QList<int> shares;
  for (const MemoryShare& share : snapshot.memory) {
    shares << (snapshot.capacity_bytes > 0 ? static_cast<int>(std::lround(500 * share.bytes / snapshot.capacity_bytes))
                                           : 0);
  }
  const QString value = text_of(snapshot);
  const bool same = value == value_ && shares == shares_ && snapshot.memory_source == snapshot_.memory_source;
  snapshot_ = snapshot;
  if (same) return;
  value_ = value;
  shares_ = shares;
  describe();
  update();
}

void MemoryGauge::describe() {
  QStringList lines;
  for (const MemoryShare& share : snapshot_.memory)
    lines << tr("%1: %2").arg(memory_owner_name(share.owner), format_bytes(share.bytes));
  if (snapshot_.capacity_bytes > 0)
    lines << tr("%1: %2").arg(memory_owner_name(MemoryOwner::free), format_bytes(snapshot_.free_bytes()));
  setAccessibleDescription(lines.isEmpty() ? tr("not known yet")
                                           : value_ + QStringLiteral(". ") + lines.join(QStringLiteral(", ")));
  if (!lines.isEmpty()) {
    if (!snapshot_.memory_source.isEmpty()) lines << tr("Source: %1").arg(snapshot_.memory_source);
    lines << provenance_explanation(snapshot_.memory_provenance);
  }
  setToolTip(gauge_title(GaugeKind::memory) + QStringLiteral(": ") + value_ + QLatin1Char('\n') +
             lines.join(QLatin1Char('\n')));
}

QSize MemoryGauge::sizeHint() const {
  return {280, 44};
}
QSize MemoryGauge::minimumSizeHint() const {
  return {232, 44};  // caption and figures side by side
}

void MemoryGauge::paintEvent(QPaintEvent*) {
  QPainter painter(this);
  const Palette& palette = theme_palette();
  if (underMouse() || isDown()) paint_box(painter, rect(), radius, isDown() ? palette.border : palette.hover);
  const QRectF area = QRectF(rect()).adjusted(grid, 0, -grid, 0);
  painter.setFont(text_font(TextSize::caption));
  painter.setPen(palette.secondary);
  QString caption = gauge_title(GaugeKind::memory);
  if (!snapshot_.device.isEmpty()) caption += QStringLiteral(" · ") + snapshot_.device;
  if (snapshot_.capacity_bytes > 0) caption += QLatin1Char(' ') + provenance_mark(snapshot_.memory_provenance);
  painter.drawText(QPointF(area.x(), 17), caption);
  painter.setFont(text_font(TextSize::body));
  painter.setPen(snapshot_.capacity_bytes > 0 ? palette.text : palette.secondary);
  draw_tabular(painter, {area.right() - tabular_width(painter.font(), value_), 17}, value_);
  paint_memory_bar(painter, {area.x(), 24, area.width(), 12}, snapshot_.memory, snapshot_.capacity_bytes);
  if (hasFocus()) paint_focus_ring(painter, rect(), radius, palette.accent);
}

}  // namespace diptych::ui
