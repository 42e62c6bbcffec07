#include "ui/panels/create/drop_zones.h"

#include <QDropEvent>
#include <QMimeData>
#include <QPainter>

#include "ui/panels/create/dropped_picture.h"
#include "ui/theme/icons.h"
#include "ui/theme/style.h"
#include "ui/theme/style_paint.h"
#include "ui/theme/theme.h"
#include "ui/theme/typography.h"

namespace diptych::create {
namespace {

constexpr int zone_margin = 12;

}  // namespace

DropZones::DropZones(QWidget* over) : QWidget(over), over_(over) {
  setObjectName(QStringLiteral("dropZones"));
  setAccessibleName(tr("Drop a picture to restore its settings or to start from it"));
  setAcceptDrops(true);
  over->setAcceptDrops(true);
  over->installEventFilter(this);
  hide();
}

// The first event comes before the zones are there, and so does a drop right after it.
bool DropZones::eventFilter(QObject*, QEvent* event) {
  if (event->type() == QEvent::Resize) setGeometry(over_->rect());
  if (event->type() == QEvent::Drop && isVisible()) {
    dropEvent(static_cast<QDropEvent*>(event));
    return true;
  }
  if (event->type() != QEvent::DragEnter) return false;
  auto* drag = static_cast<QDragEnterEvent*>(event);
  if (!has_picture(drag->mimeData())) return false;
  drag->acceptProposedAction();
  pointer_ = drag->position().toPoint();
  setGeometry(over_->rect());
  raise();
  show();
  return true;
}

void DropZones::dragEnterEvent(QDragEnterEvent* event) {
  if (has_picture(event->mimeData())) event->acceptProposedAction();
}

void DropZones::dragMoveEvent(QDragMoveEvent* event) {
  pointer_ = event->position().toPoint();
  event->acceptProposedAction();
  update();
}

void DropZones::dragLeaveEvent(QDragLeaveEvent*) {
  hide();
}

void DropZones::dropEvent(QDropEvent* event) {
  hide();
  const QByteArray picture = take_picture(event->mimeData());
  if (picture.isEmpty()) return;
  event->setDropAction(Qt::CopyAction);
  event->accept();
  if (event->position().x() < width() / 2.0)
    emit restore_dropped(picture);
  else
    emit input_dropped(picture);
}

QRect DropZones::zone(bool input) const {
  const QRect whole = rect().adjusted(zone_margin, zone_margin, -zone_margin, -zone_margin);
  const int half = (whole.width() - zone_margin) / 2;
  return input ? whole.adjusted(half + zone_margin, 0, 0, 0) : whole.adjusted(0, 0, -half - zone_margin, 0);
}

void DropZones::paintEvent(QPaintEvent*) {
  QPainter painter(this);
  painter.setRenderHint(QPainter::Antialiasing);
  const ui::Palette& palette = ui::theme_palette();
  QColor veil = palette.background;
  veil.setAlphaF(0.88f);
  painter.fillRect(rect(), veil);
  for (const bool input : {false, true}) {
    const QRect box = zone(input);
    const bool here = box.contains(pointer_);
    ui::paint_box(painter, box, ui::radius, here ? palette.selection : palette.surface, palette.accent, here ? 2 : 1);
    painter.drawPixmap(box.center() - QPoint(24, 56),
                       ui::icon_pixmap(input ? QStringLiteral("input") : QStringLiteral("settings"), 48, palette.accent,
                                       devicePixelRatioF()));
    painter.setPen(palette.text);
    painter.setFont(ui::text_font(ui::TextSize::reading, QFont::DemiBold));
    painter.drawText(box.adjusted(8, 24, -8, 0), Qt::AlignCenter | Qt::TextWordWrap,
                     input ? tr("Start from this picture") : tr("Restore its settings"));
  }
}

}  // namespace diptych::create
