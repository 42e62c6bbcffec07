// The few shapes that every control is made of.
#pragma once

#include <QColor>
#include <QPainter>
#include <QRect>

class QStyleOption;

namespace diptych::ui {

enum class Chevron { up, down, left, right };

// A rounded box; the outline lies inside `rect`. An invalid colour leaves its part out.
void paint_box(QPainter& painter, const QRectF& rect, qreal corner, const QColor& fill, const QColor& outline = {},
               qreal outline_width = 1);
void paint_focus_ring(QPainter& painter, const QRectF& rect, qreal corner, const QColor& color);
void paint_chevron(QPainter& painter, const QRectF& rect, Chevron direction, const QColor& color);
void paint_check_mark(QPainter& painter, const QRectF& rect, const QColor& color);

// Keyboard focus that should be shown; a click does not draw rings around buttons.
bool shows_focus(const QStyleOption& option);

// Saves and restores the painter.
class PainterScope {
 public:
  explicit PainterScope(QPainter& painter) : painter_(painter) {
    painter_.save();
    painter_.setRenderHint(QPainter::Antialiasing);
  }
  ~PainterScope() { painter_.restore(); }
  PainterScope(const PainterScope&) = delete;
  PainterScope& operator=(const PainterScope&) = delete;

 private:
  QPainter& painter_;
};

}  // namespace diptych::ui
