#include "ui/panels/create/gallery_delegate.h"

#include <QPainter>
#include <QPainterPath>

#include "ui/panels/create/gallery_model.h"
#include "ui/theme/icons.h"
#include "ui/theme/style.h"
#include "ui/theme/style_paint.h"
#include "ui/theme/theme.h"

namespace diptych::create {

void GalleryDelegate::paint(QPainter* painter, const QStyleOptionViewItem& option, const QModelIndex& index) const {
  const ui::PainterScope scope(*painter);
  const ui::Palette& palette = ui::theme_palette();
  const bool selected = option.state & QStyle::State_Selected;
  const bool focused = selected && option.state & QStyle::State_HasFocus;
  const QRectF cell = QRectF(option.rect).adjusted(4, 4, -4, -4);
  QPainterPath shape;
  shape.addRoundedRect(cell, ui::radius - 2, ui::radius - 2);
  painter->fillPath(shape, palette.raised);
  const auto picture = index.data(Qt::DecorationRole).value<QPixmap>();
  if (!picture.isNull()) {
    painter->setClipPath(shape);
    painter->setRenderHint(QPainter::SmoothPixmapTransform);
    const QSizeF size = QSizeF(picture.size()).scaled(cell.size(), Qt::KeepAspectRatioByExpanding);
    painter->drawPixmap(QRectF(cell.center() - QPointF(size.width() / 2, size.height() / 2), size), picture,
                        picture.rect());
    painter->setClipping(false);
  }
  ui::paint_box(*painter, cell, ui::radius - 2, {}, palette.border);
  if (option.state & QStyle::State_MouseOver && !selected)
    ui::paint_box(*painter, cell, ui::radius - 2, {}, palette.control, 2);
  if (selected) ui::paint_box(*painter, cell.adjusted(-3, -3, 3, 3), ui::radius, {}, palette.accent, focused ? 3 : 2);
  if (index.data(GalleryModel::favourite_role).toBool()) {
    const QRectF badge(cell.right() - 26, cell.top() + 4, 22, 22);
    QColor ground = palette.surface;
    ground.setAlphaF(0.9f);
    ui::paint_box(*painter, badge, 11, ground);
    painter->drawPixmap(
        badge.adjusted(4, 4, -4, -4).topLeft(),
        ui::icon_pixmap(QStringLiteral("star-filled"), 14, palette.warning, painter->device()->devicePixelRatioF()));
  }
}

}  // namespace diptych::create
