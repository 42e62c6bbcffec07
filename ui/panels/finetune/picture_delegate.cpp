#include "ui/panels/finetune/picture_delegate.h"

#include <QKeyEvent>
#include <QPainter>
#include <QPainterPath>
#include <QPlainTextEdit>
#include <QTextLayout>

#include "ui/panels/finetune/picture_model.h"
#include "ui/theme/icons.h"
#include "ui/theme/style.h"
#include "ui/theme/style_paint.h"
#include "ui/theme/theme.h"
#include "ui/theme/typography.h"

namespace diptych::finetune {
namespace {

QRect picture_rect(const QRect& cell) {
  return cell.adjusted(6, 6, -6, -PictureDelegate::caption_height - 2);
}
QRect caption_rect(const QRect& cell) {
  return {cell.left() + 6, cell.bottom() - PictureDelegate::caption_height + 2, cell.width() - 12,
          PictureDelegate::caption_height - 6};
}

// As many lines as there is room for, the last one shortened.
void draw_lines(QPainter& painter, const QRect& room, const QString& text) {
  const QFontMetrics metrics = painter.fontMetrics();
  QTextLayout layout(text, painter.font());
  layout.beginLayout();
  int y = room.top();
  for (QTextLine line = layout.createLine(); line.isValid(); line = layout.createLine()) {
    line.setLineWidth(room.width());
    const bool last = y + 2 * metrics.lineSpacing() > room.bottom() + 2;
    const QString shown = last ? metrics.elidedText(text.mid(line.textStart()), Qt::ElideRight, room.width())
                               : text.mid(line.textStart(), line.textLength());
    painter.drawText(room.left(), y + metrics.ascent(), shown);
    y += metrics.lineSpacing();
    if (last) break;
  }
  layout.endLayout();
}

}  // namespace

QSize PictureDelegate::sizeHint(const QStyleOptionViewItem&, const QModelIndex&) const {
  return {cell_width, cell_height};
}

void PictureDelegate::paint(QPainter* painter, const QStyleOptionViewItem& option, const QModelIndex& index) const {
  const ui::PainterScope scope(*painter);
  const ui::Palette& palette = ui::theme_palette();
  const bool selected = option.state & QStyle::State_Selected;
  if (selected || option.state & QStyle::State_MouseOver)
    ui::paint_box(*painter, option.rect, ui::radius, selected ? palette.selection : palette.hover);
  if (selected && option.state & QStyle::State_HasFocus)
    ui::paint_focus_ring(*painter, option.rect, ui::radius, palette.accent);
  const QRectF frame = picture_rect(option.rect);
  QPainterPath shape;
  shape.addRoundedRect(frame, ui::radius - 2, ui::radius - 2);
  painter->fillPath(shape, palette.raised);
  if (const auto picture = index.data(Qt::DecorationRole).value<QPixmap>(); !picture.isNull()) {
    painter->setClipPath(shape);
    painter->setRenderHint(QPainter::SmoothPixmapTransform);
    const QSizeF size = QSizeF(picture.size()).scaled(frame.size(), Qt::KeepAspectRatio);
    painter->drawPixmap(QRectF(frame.center() - QPointF(size.width() / 2, size.height() / 2), size), picture,
                        picture.rect());
    painter->setClipping(false);
  }
  ui::paint_box(*painter, frame, ui::radius - 2, {}, palette.border);
  const auto badge = [&](const QString& icon, const QColor& color, qreal right) {
    const QRectF place(frame.right() - right, frame.top() + 4, 22, 22);
    ui::paint_box(*painter, place, 11, palette.surface, palette.border);
    painter->drawPixmap(place.adjusted(4, 4, -4, -4).topLeft(),
                        ui::icon_pixmap(icon, 14, color, painter->device()->devicePixelRatioF()));
  };
  if (!index.data(PictureModel::warning_role).toString().isEmpty())
    badge(QStringLiteral("warning"), palette.warning, 26);
  if (index.data(PictureModel::held_out_role).toBool()) badge(QStringLiteral("lock"), palette.secondary, 52);
  const QString caption = index.data().toString();
  painter->setFont(ui::text_font(ui::TextSize::caption));
  painter->setPen(caption.isEmpty() ? palette.secondary : palette.text);
  draw_lines(*painter, caption_rect(option.rect), caption.isEmpty() ? tr("no caption; F2 writes one") : caption);
}

QWidget* PictureDelegate::createEditor(QWidget* parent, const QStyleOptionViewItem&, const QModelIndex& index) const {
  auto* editor = new QPlainTextEdit(parent);
  editor->setFont(ui::text_font(ui::TextSize::caption));
  editor->setTabChangesFocus(true);
  editor->setHorizontalScrollBarPolicy(Qt::ScrollBarAlwaysOff);
  editor->setObjectName(QStringLiteral("captionEditor"));
  editor->setAccessibleName(tr("Caption"));
  editor->setToolTip(tr("Enter keeps the caption, Esc leaves it as it was"));
  Q_UNUSED(index);
  return editor;
}

void PictureDelegate::setEditorData(QWidget* editor, const QModelIndex& index) const {
  auto* edit = static_cast<QPlainTextEdit*>(editor);
  if (edit->property("begun").toBool()) return;  // news of the pictures do not take what is being written
  edit->setProperty("begun", true);
  edit->setPlainText(index.data(Qt::EditRole).toString());
  edit->selectAll();
}

void PictureDelegate::setModelData(QWidget* editor, QAbstractItemModel* model, const QModelIndex& index) const {
  model->setData(index, static_cast<QPlainTextEdit*>(editor)->toPlainText(), Qt::EditRole);
}

void PictureDelegate::updateEditorGeometry(QWidget* editor, const QStyleOptionViewItem& option,
                                           const QModelIndex&) const {
  const QRect room = caption_rect(option.rect);
  editor->setGeometry(room.adjusted(-4, -40, 4, 4));  // a little larger than what it replaces
}

bool PictureDelegate::eventFilter(QObject* watched, QEvent* event) {
  auto* editor = qobject_cast<QPlainTextEdit*>(watched);
  if (editor && event->type() == QEvent::KeyPress) {
    const int key = static_cast<QKeyEvent*>(event)->key();
    if (key == Qt::Key_Return || key == Qt::Key_Enter) {  // a caption has one line
      emit commitData(editor);
      emit closeEditor(editor, QAbstractItemDelegate::NoHint);
      return true;
    }
  }
  return QStyledItemDelegate::eventFilter(watched, event);
}

}  // namespace diptych::finetune
