#include "ui/panels/finetune/quiet_tabs.h"

#include <QPainter>

#include "ui/theme/style.h"
#include "ui/theme/style_paint.h"
#include "ui/theme/theme.h"
#include "ui/theme/typography.h"

namespace diptych::finetune {
namespace {

constexpr int tab_padding = 10;

}  // namespace

QuietTabs::QuietTabs(QWidget* parent) : QTabBar(parent) {
  setDrawBase(false);
  setExpanding(false);
  setElideMode(Qt::ElideNone);
  setUsesScrollButtons(false);
  setAttribute(Qt::WA_Hover);
}

QSize QuietTabs::tabSizeHint(int index) const {
  const QFontMetrics bold(ui::text_font(ui::TextSize::body, QFont::DemiBold));  // so that choosing moves nothing
  return {bold.horizontalAdvance(tabText(index)) + 2 * tab_padding, ui::control_height};
}

void QuietTabs::paintEvent(QPaintEvent*) {
  QPainter painter(this);
  painter.setRenderHint(QPainter::Antialiasing);
  const ui::Palette& palette = ui::theme_palette();
  for (int i = 0; i < count(); ++i) {
    if (!isTabVisible(i)) continue;
    const QRect tab = tabRect(i);
    const bool current = i == currentIndex();
    painter.setFont(ui::text_font(ui::TextSize::body, current ? QFont::DemiBold : QFont::Normal));
    painter.setPen(current ? palette.text : palette.secondary);
    painter.drawText(tab, Qt::AlignCenter, tabText(i));
    if (!current) continue;
    ui::paint_box(painter, QRectF(tab.left() + tab_padding, tab.bottom() - 2, tab.width() - 2 * tab_padding, 2), 1,
                  palette.accent);
    if (hasFocus()) ui::paint_focus_ring(painter, tab.adjusted(1, 1, -1, -3), ui::radius, palette.accent);
  }
}

}  // namespace diptych::finetune
