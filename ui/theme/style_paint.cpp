#include "ui/theme/style_paint.h"

#include <QPainterPath>
#include <QStyleOption>
#include <algorithm>

namespace diptych::ui {

void paint_box(QPainter& painter, const QRectF& rect, qreal corner, const QColor& fill, const QColor& outline,
               qreal outline_width) {
  const PainterScope scope(painter);
  painter.setBrush(fill.isValid() ? QBrush(fill) : QBrush(Qt::NoBrush));
  qreal inset = 0;
  if (outline.isValid()) {
    painter.setPen(QPen(outline, outline_width));
    inset = outline_width / 2;
  } else {
    painter.setPen(Qt::NoPen);
  }
  const qreal corner_radius = std::max(0.0, corner - inset);
  painter.drawRoundedRect(rect.adjusted(inset, inset, -inset, -inset), corner_radius, corner_radius);
}

void paint_focus_ring(QPainter& painter, const QRectF& rect, qreal corner, const QColor& color) {
  paint_box(painter, rect, corner, {}, color, 2);
}

void paint_chevron(QPainter& painter, const QRectF& rect, Chevron direction, const QColor& color) {
  const PainterScope scope(painter);
  painter.setPen(QPen(color, 1.5, Qt::SolidLine, Qt::RoundCap, Qt::RoundJoin));
  const QPointF center = rect.center();
  const qreal wide = 3.75, deep = 1.9;
  QPolygonF line;
  switch (direction) {
    case Chevron::up:
      line << QPointF(-wide, deep) << QPointF(0, -deep) << QPointF(wide, deep);
      break;
    case Chevron::down:
      line << QPointF(-wide, -deep) << QPointF(0, deep) << QPointF(wide, -deep);
      break;
    case Chevron::left:
      line << QPointF(deep, -wide) << QPointF(-deep, 0) << QPointF(deep, wide);
      break;
    case Chevron::right:
      line << QPointF(-deep, -wide) << QPointF(deep, 0) << QPointF(-deep, wide);
      break;
  }
  painter.drawPolyline(line.translated(center));
}

void paint_check_mark(QPainter& painter, const QRectF& rect, const QColor& color) {
  const PainterScope scope(painter);
  painter.setPen(QPen(color, 1.8, Qt::SolidLine, Qt::RoundCap, Qt::RoundJoin));
  const auto point = [&rect](qreal x, qreal y) {
    return QPointF(rect.x() + x * rect.width(), rect.y() + y * rect.height());
  };
  painter.drawPolyline(QPolygonF{point(0.26, 0.53), point(0.43, 0.70), point(0.75, 0.32)});
}

bool shows_focus(const QStyleOption& option) {
  return option.state.testFlag(QStyle::State_HasFocus) && option.state.testFlag(QStyle::State_KeyboardFocusChange) &&
         option.state.testFlag(QStyle::State_Enabled);
}

}  // namespace diptych::ui
