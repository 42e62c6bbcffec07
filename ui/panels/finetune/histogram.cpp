#include "ui/panels/finetune/histogram.h"

#include <QLocale>
#include <QMouseEvent>
#include <QPainter>
#include <algorithm>

#include "ui/theme/style.h"
#include "ui/theme/style_paint.h"
#include "ui/theme/theme.h"
#include "ui/theme/typography.h"

namespace diptych::finetune {
namespace {

constexpr int head_height = 20, axis_height = 20;

QString whole(double value) {
  return QLocale().toString(value, 'f', 0);
}

}  // namespace

Histogram::Histogram(QWidget* parent) : QWidget(parent) {
  setMouseTracking(true);
  setSizePolicy(QSizePolicy::Expanding, QSizePolicy::Fixed);
  setAccessibleName(tr("Lengths of the examples"));
}

void Histogram::set_bars(const QList<HistogramBar>& bars, const QString& unit, double limit) {
  bars_ = bars;
  unit_ = unit;
  limit_ = limit;
  hovered_ = -1;
  QStringList said;
  for (const HistogramBar& bar : bars)
    if (bar.count > 0) said << bar_text(bar);
  setAccessibleDescription(said.join(QStringLiteral("; ")));
  update();
}

QString Histogram::bar_text(const HistogramBar& bar) const {
  const QString range =
      bar.to - bar.from <= 1 ? whole(bar.from) : QStringLiteral("%1–%2").arg(whole(bar.from), whole(bar.to - 1));
  return tr("%1 %2: %3").arg(range, unit_, whole(bar.count));
}

QRectF Histogram::plot() const {
  return QRectF(rect()).adjusted(0, head_height, 0, -axis_height);
}

void Histogram::paintEvent(QPaintEvent*) {
  QPainter painter(this);
  painter.setRenderHint(QPainter::Antialiasing);
  const ui::Palette& palette = ui::theme_palette();
  painter.setFont(ui::text_font(ui::TextSize::caption));
  const QRectF area = plot();
  painter.fillRect(QRectF(area.left(), area.bottom(), area.width(), 1), palette.border);
  if (bars_.isEmpty()) return;
  const double most = std::ranges::max_element(bars_, {}, &HistogramBar::count)->count;
  const double width = area.width() / static_cast<double>(bars_.size());
  const QColor plain = palette.series().value(0, palette.accent);
  for (qsizetype i = 0; i < bars_.size(); ++i) {
    const HistogramBar& bar = bars_[i];
    if (bar.count <= 0 || most <= 0) continue;
    const double high = std::max(2.0, area.height() * bar.count / most);
    const QRectF box(area.left() + width * static_cast<double>(i) + 1, area.bottom() - high, std::max(1.0, width - 2),
                     high);
    const bool cut = limit_ > 0 && bar.from >= limit_;
    painter.fillRect(box, cut ? palette.warning : plain);
    if (cut) painter.fillRect(box, QBrush(palette.surface, Qt::BDiagPattern));  // not by its colour alone
    if (i == hovered_) ui::paint_box(painter, box.adjusted(-1, -1, 1, 1), 2, {}, palette.text, 1);
  }
  painter.setPen(palette.secondary);
  const QRectF axis(area.left(), area.bottom() + 2, area.width(), axis_height - 2);
  painter.drawText(axis, Qt::AlignLeft | Qt::AlignVCenter, whole(bars_.first().from));
  painter.drawText(axis, Qt::AlignRight | Qt::AlignVCenter, tr("%1 %2").arg(whole(bars_.last().to), unit_));
  const QRectF head(area.left(), 0, area.width(), head_height - 2);
  if (hovered_ >= 0) painter.setPen(palette.text);
  painter.drawText(head, Qt::AlignLeft | Qt::AlignVCenter,
                   hovered_ >= 0 ? bar_text(bars_[hovered_]) : tr("examples by length"));
  if (limit_ > bars_.first().from && limit_ < bars_.last().to) {
    const double x =
        area.left() + area.width() * (limit_ - bars_.first().from) / (bars_.last().to - bars_.first().from);
    painter.setPen(QPen(palette.warning, 1, Qt::DashLine));
    painter.drawLine(QPointF(x, area.top()), QPointF(x, area.bottom()));
    painter.setPen(palette.warning);
    painter.drawText(head, Qt::AlignRight | Qt::AlignVCenter, tr("cut at %1").arg(whole(limit_)));
  }
}

void Histogram::mouseMoveEvent(QMouseEvent* event) {
  const QRectF area = plot();
  const int at =
      static_cast<int>((event->position().x() - area.left()) / area.width() * static_cast<double>(bars_.size()));
  const int now = at >= 0 && at < bars_.size() ? at : -1;
  if (std::exchange(hovered_, now) != now) update();
}

void Histogram::leaveEvent(QEvent* event) {
  QWidget::leaveEvent(event);
  hovered_ = -1;
  update();
}

}  // namespace diptych::finetune
