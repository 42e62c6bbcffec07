#include "ui/panels/finetune/row_delegate.h"

#include <QPainter>
#include <algorithm>

#include "ui/theme/style.h"
#include "ui/theme/style_paint.h"
#include "ui/theme/theme.h"
#include "ui/theme/typography.h"

namespace diptych::finetune {
namespace {

constexpr int two_line_height = 52;

}  // namespace

RowDelegate::RowDelegate(const Roles& roles, QObject* parent) : QStyledItemDelegate(parent), roles_(roles) {}

QSize RowDelegate::sizeHint(const QStyleOptionViewItem&, const QModelIndex&) const {
  return {120, two_line_height};
}

void RowDelegate::paint(QPainter* painter, const QStyleOptionViewItem& option, const QModelIndex& index) const {
  const ui::PainterScope scope(*painter);
  const ui::Palette& palette = ui::theme_palette();
  const QRect rect = option.rect.adjusted(8, 1, -8, -1);
  const bool selected = option.state & QStyle::State_Selected;
  if (selected || option.state & QStyle::State_MouseOver)
    ui::paint_box(*painter, rect, ui::radius, selected ? palette.selection : palette.hover);
  if (selected && option.state & QStyle::State_HasFocus)
    ui::paint_focus_ring(*painter, rect, ui::radius, palette.accent);
  const bool enabled = !roles_.enabled || index.data(roles_.enabled).toBool();
  QRect text = rect.adjusted(12, 7, -12, -8);
  painter->setFont(ui::text_font(ui::TextSize::caption));
  painter->setPen(palette.secondary);
  int word_width = 0;
  if (roles_.word) {
    const QString word = index.data(roles_.word).toString();
    painter->drawText(text, Qt::AlignTop | Qt::AlignRight, word);
    word_width = painter->fontMetrics().horizontalAdvance(word) + 8;
  }
  const QString detail = index.data(roles_.detail).toString();
  painter->drawText(text, Qt::AlignBottom | Qt::AlignLeft,
                    painter->fontMetrics().elidedText(detail, Qt::ElideRight, text.width()));
  painter->setFont(ui::text_font(ui::TextSize::body));
  painter->setPen(enabled ? palette.text : palette.secondary);
  painter->drawText(
      text.adjusted(0, -1, 0, 0), Qt::AlignTop | Qt::AlignLeft,
      painter->fontMetrics().elidedText(index.data().toString(), Qt::ElideMiddle, text.width() - word_width));
  if (!roles_.progress) return;
  const QVariant progress = index.data(roles_.progress);
  if (!progress.isValid()) return;
  const QRectF track(rect.left() + 12, rect.bottom() - 4, rect.width() - 24, 3);
  ui::paint_box(*painter, track, 1.5, palette.border);
  QRectF done = track;
  done.setWidth(std::max(3.0, track.width() * progress.toDouble()));
  ui::paint_box(*painter, done, 1.5, palette.accent);
}

}  // namespace diptych::finetune
