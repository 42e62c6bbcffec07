// Simple controls: labels of buttons, headers, progress bars, splitters; and the sizes that contents ask for.
#include <QPushButton>
#include <QStyleOption>

#include "ui/theme/style.h"
#include "ui/theme/style_paint.h"
#include "ui/theme/theme.h"
#include "ui/theme/typography.h"

namespace diptych::ui {
namespace {

void draw_header_section(const QStyleOptionHeader& option, QPainter& painter) {
  const Palette& palette = theme_palette();
  painter.fillRect(option.rect, palette.background);
  if (option.state.testFlag(QStyle::State_MouseOver)) painter.fillRect(option.rect, palette.hover);
  painter.fillRect(QRect(option.rect.left(), option.rect.bottom(), option.rect.width(), 1), palette.border);
}

void draw_progress(const QStyleOptionProgressBar& option, QPainter& painter, bool contents) {
  const Palette& palette = theme_palette();
  constexpr qreal thick = 4;
  QRectF track(option.rect.x(), option.rect.center().y() - thick / 2 + 0.5, option.rect.width(), thick);
  if (!contents) {
    paint_box(painter, track, thick / 2, palette.border);
    return;
  }
  const qint64 range = static_cast<qint64>(option.maximum) - option.minimum;
  if (range <= 0) {  // busy: a still part of the track, no motion that means nothing
    paint_box(painter, track.adjusted(0.35 * track.width(), 0, -0.35 * track.width(), 0), thick / 2, palette.accent);
    return;
  }
  const qreal share =
      static_cast<qreal>(static_cast<qint64>(option.progress) - option.minimum) / static_cast<qreal>(range);
  if (share <= 0) return;
  track.setWidth(std::max(thick, track.width() * std::min(1.0, share)));
  paint_box(painter, track, thick / 2, palette.accent);
}

}  // namespace

void Style::drawControl(ControlElement element, const QStyleOption* option, QPainter* painter,
                        const QWidget* widget) const {
  const Palette& palette = theme_palette();
  switch (element) {
    case CE_PushButtonLabel:
      if (const auto* button = qstyleoption_cast<const QStyleOptionButton*>(option);
          button && widget && widget->property("primary").toBool() && option->state.testFlag(State_Enabled)) {
        QStyleOptionButton filled = *button;
        filled.palette.setColor(QPalette::ButtonText, palette.on_accent);
        QProxyStyle::drawControl(element, &filled, painter, widget);
        return;
      }
      break;
    case CE_ComboBoxLabel:
      if (const auto* box = qstyleoption_cast<const QStyleOptionComboBox*>(option); box && !box->editable) {
        QStyleOptionComboBox shortened = *box;
        constexpr int margins = 8;  // that Fusion leaves around the text
        const int room = subControlRect(CC_ComboBox, box, SC_ComboBoxEditField, widget).width() - margins -
                         (box->currentIcon.isNull() ? 0 : box->iconSize.width() + margins / 2);
        shortened.currentText = box->fontMetrics.elidedText(box->currentText, Qt::ElideRight, room);
        QProxyStyle::drawControl(element, &shortened, painter, widget);
        return;
      }
      break;
    case CE_Header:
      if (const auto* header = qstyleoption_cast<const QStyleOptionHeader*>(option)) {
        drawControl(CE_HeaderSection, option, painter, widget);
        const bool sorted = header->sortIndicator != QStyleOptionHeader::None;
        const int margin = pixelMetric(PM_HeaderMargin, option, widget);
        painter->save();
        painter->setFont(text_font(TextSize::caption, QFont::Medium));
        painter->setPen(sorted ? palette.text : palette.secondary);
        const QRect room = header->rect.adjusted(margin, 0, -margin - (sorted ? grid : 0), 0);
        painter->drawText(visualRect(header->direction, header->rect, room),
                          static_cast<int>(header->textAlignment | Qt::AlignVCenter),
                          painter->fontMetrics().elidedText(header->text, Qt::ElideRight, room.width()));
        painter->restore();
        if (sorted) {
          QStyleOptionHeader arrow = *header;
          arrow.rect = subElementRect(SE_HeaderArrow, option, widget);
          drawPrimitive(PE_IndicatorHeaderArrow, &arrow, painter, widget);
        }
        return;
      }
      break;
    case CE_HeaderSection:
    case CE_HeaderEmptyArea:
      if (const auto* header = qstyleoption_cast<const QStyleOptionHeader*>(option)) {
        draw_header_section(*header, *painter);
      } else {
        painter->fillRect(option->rect, palette.background);
        painter->fillRect(QRect(option->rect.left(), option->rect.bottom(), option->rect.width(), 1), palette.border);
      }
      return;
    case CE_HeaderLabel:
      if (const auto* header = qstyleoption_cast<const QStyleOptionHeader*>(option)) {
        QStyleOptionHeader quiet = *header;
        quiet.palette.setColor(QPalette::ButtonText, palette.secondary);
        painter->save();
        painter->setFont(text_font(TextSize::caption, QFont::Medium));
        QProxyStyle::drawControl(element, &quiet, painter, widget);
        painter->restore();
        return;
      }
      break;
    case CE_ProgressBarGroove:
    case CE_ProgressBarContents:
      if (const auto* bar = qstyleoption_cast<const QStyleOptionProgressBar*>(option)) {
        draw_progress(*bar, *painter, element == CE_ProgressBarContents);
        return;
      }
      break;
    case CE_Splitter:
      painter->fillRect(option->rect, palette.border);
      return;
    default:
      break;
  }
  QProxyStyle::drawControl(element, option, painter, widget);
}

QSize Style::sizeFromContents(ContentsType type, const QStyleOption* option, const QSize& size,
                              const QWidget* widget) const {
  QSize result = QProxyStyle::sizeFromContents(type, option, size, widget);
  switch (type) {
    case CT_PushButton:
      return {std::max(size.width() + 3 * grid, 64), std::max(control_height, size.height() + grid)};
    case CT_LineEdit:
      return {result.width() + grid, std::max(control_height, result.height())};
    case CT_ComboBox:
      return {size.width() + 5 * grid, std::max(control_height, result.height())};
    case CT_SpinBox:
      // As high as its neighbours: the field inside has no frame of its own.
      return {result.width() + 2 * grid, std::max(control_height, option->fontMetrics.height() + 12)};
    case CT_ToolButton:
      return {std::max(control_height, result.width()), std::max(control_height, result.height())};
    case CT_HeaderSection:
      if (const auto* header = qstyleoption_cast<const QStyleOptionHeader*>(option)) {
        // Qt measures a bold font of another size than the one we write with; the arrow always has its place.
        const QFontMetrics metrics(text_font(TextSize::caption, QFont::Medium));
        const int margin = pixelMetric(PM_HeaderMargin, option, widget);
        return {metrics.horizontalAdvance(header->text) + 2 * margin + 2 * grid,
                std::max(control_height, result.height())};
      }
      return {result.width() + grid, std::max(control_height, result.height())};
    case CT_MenuItem:
      return {result.width() + grid, std::max(28, result.height())};
    case CT_ItemViewItem:
      return {result.width(), std::max(28, result.height())};
    default:
      return result;
  }
}

QRect Style::subElementRect(SubElement element, const QStyleOption* option, const QWidget* widget) const {
  if (element == SE_LineEditContents) return QProxyStyle::subElementRect(element, option, widget).adjusted(6, 0, -6, 0);
  if (element == SE_HeaderArrow) {
    constexpr int side = 12;
    const QRect arrow(option->rect.right() - side - 4, option->rect.center().y() - side / 2 + 1, side, side);
    return visualRect(option->direction, option->rect, arrow);
  }
  if (element == SE_ProgressBarContents || element == SE_ProgressBarGroove) return option->rect;
  return QProxyStyle::subElementRect(element, option, widget);
}

}  // namespace diptych::ui
