#include "ui/shell/navigation_rail.h"

#include <QAction>
#include <QPainter>
#include <QToolButton>
#include <QVBoxLayout>

#include "ui/theme/style.h"
#include "ui/theme/style_paint.h"
#include "ui/theme/theme.h"

namespace diptych::ui {
namespace {

// Drawn here and not by the style: the panel that is shown wears a mark at the window's edge.
class RailButton : public QToolButton {
 public:
  RailButton(QAction* action, QWidget* parent) : QToolButton(parent) {
    setDefaultAction(action);
    setFixedSize(NavigationRail::rail_width, 48);
    setFocusPolicy(Qt::TabFocus);
    setAccessibleName(action->text());
    const QString keys = action->shortcut().toString(QKeySequence::NativeText);
    setToolTip(keys.isEmpty() ? action->text() : QStringLiteral("%1  (%2)").arg(action->text(), keys));
  }

 protected:
  void paintEvent(QPaintEvent*) override {
    QPainter painter(this);
    painter.setRenderHint(QPainter::Antialiasing);
    const Palette& palette = theme_palette();
    const QRectF box = QRectF(rect()).adjusted(grid, 4, -grid, -4);
    if (isChecked())
      paint_box(painter, box, radius, palette.selection);
    else if (isEnabled() && (underMouse() || isDown()))
      paint_box(painter, box, radius, palette.hover);
    if (isChecked()) paint_box(painter, QRectF(0, 14, 3, height() - 28), 1.5, palette.accent);
    if (hasFocus()) paint_focus_ring(painter, box, radius, palette.accent);
    const QRect place((width() - 24) / 2, (height() - 24) / 2, 24, 24);
    icon().paint(&painter, place, Qt::AlignCenter,
                 !isEnabled()   ? QIcon::Disabled
                 : underMouse() ? QIcon::Active
                                : QIcon::Normal,
                 isChecked() ? QIcon::On : QIcon::Off);
  }
  void enterEvent(QEnterEvent* event) override {
    QToolButton::enterEvent(event);
    update();
  }
  void leaveEvent(QEvent* event) override {
    QToolButton::leaveEvent(event);
    update();
  }
};

}  // namespace

NavigationRail::NavigationRail(QWidget* parent)
    : QWidget(parent), top_(new QVBoxLayout), commands_(new QVBoxLayout), bottom_(new QVBoxLayout) {
  setFixedWidth(rail_width);
  setAccessibleName(tr("Panels"));
  auto* column = new QVBoxLayout(this);
  column->setContentsMargins(0, grid, 0, grid);
  column->setSpacing(0);
  for (QVBoxLayout* part : {top_, commands_, bottom_}) part->setSpacing(0);
  column->addLayout(top_);
  column->addStretch(1);
  column->addLayout(commands_);
  column->addLayout(bottom_);
}

void NavigationRail::add_panel(QAction* action, bool at_bottom) {
  (at_bottom ? bottom_ : top_)->addWidget(new RailButton(action, this));
}

void NavigationRail::add_command(QAction* action) {
  commands_->addWidget(new RailButton(action, this));
}

void NavigationRail::paintEvent(QPaintEvent*) {
  QPainter painter(this);
  const Palette& palette = theme_palette();
  painter.fillRect(rect(), palette.raised);
  painter.fillRect(width() - 1, 0, 1, height(), palette.border);
}

}  // namespace diptych::ui
