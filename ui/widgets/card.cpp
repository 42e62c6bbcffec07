#include "ui/widgets/card.h"

#include <QPainter>

#include "ui/theme/style.h"
#include "ui/theme/theme.h"

namespace diptych::ui {

Card::Card(Ground ground, QWidget* parent, Qt::WindowFlags flags) : QFrame(parent, flags), ground_(ground) {}

void Card::paintEvent(QPaintEvent*) {
  const Palette& palette = theme_palette();
  QPainter painter(this);
  painter.setRenderHint(QPainter::Antialiasing);
  if (isWindow()) painter.fillRect(rect(), palette.surface);  // a popup has no transparent corners everywhere
  painter.setPen(palette.border);
  painter.setBrush(ground_ == Ground::surface ? palette.surface : palette.raised);
  const qreal round = isWindow() ? 0 : radius;
  painter.drawRoundedRect(QRectF(rect()).adjusted(0.5, 0.5, -0.5, -0.5), round, round);
}

}  // namespace diptych::ui
