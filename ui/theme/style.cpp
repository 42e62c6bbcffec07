// Measures and primitives; style_controls.cpp and style_complex.cpp draw the rest.
#include "ui/theme/style.h"

#include <QAbstractItemView>
#include <QLineEdit>
#include <QStyleFactory>
#include <QStyleOption>

#include "ui/theme/icons.h"
#include "ui/theme/style_paint.h"
#include "ui/theme/theme.h"

namespace diptych::ui {
namespace {

void draw_push_button(const QStyleOption& option, QPainter& painter, const QWidget* widget) {
  const Palette& palette = theme_palette();
  const bool enabled = option.state.testFlag(QStyle::State_Enabled);
  const bool pressed = option.state.testFlag(QStyle::State_Sunken);
  const bool hovered = option.state.testFlag(QStyle::State_MouseOver) && enabled;
  const auto* button = qstyleoption_cast<const QStyleOptionButton*>(&option);
  const bool flat = button && button->features.testFlag(QStyleOptionButton::Flat);
  if (widget && widget->property("primary").toBool() && enabled) {
    QColor fill = palette.accent;
    if (pressed)
      fill = fill.darker(112);
    else if (hovered)
      fill = fill.lighter(108);
    paint_box(painter, option.rect, radius, fill);
  } else {
    const bool checked = option.state.testFlag(QStyle::State_On);
    const QColor rest = checked ? palette.selection : flat ? QColor() : palette.surface;
    paint_box(painter, option.rect, radius,
              pressed   ? palette.border
              : hovered ? palette.hover
                        : rest,
              flat ? QColor() : palette.border);
  }
}

void draw_tool_button(const QStyleOption& option, QPainter& painter) {
  const Palette& palette = theme_palette();
  if (!option.state.testFlag(QStyle::State_Enabled)) return;
  if (option.state.testFlag(QStyle::State_Sunken))
    paint_box(painter, option.rect, radius, palette.border);
  else if (option.state.testFlag(QStyle::State_On))
    paint_box(painter, option.rect, radius, palette.selection);
  else if (option.state.testFlag(QStyle::State_MouseOver))
    paint_box(painter, option.rect, radius, palette.hover);
}

void draw_field(const QStyleOption& option, QPainter& painter, bool fill) {
  const Palette& palette = theme_palette();
  const bool enabled = option.state.testFlag(QStyle::State_Enabled);
  const bool focused = option.state.testFlag(QStyle::State_HasFocus);
  paint_box(painter, option.rect, radius, fill ? (enabled ? palette.surface : palette.background) : QColor(),
            focused   ? palette.accent
            : enabled ? palette.control
                      : palette.border,
            focused ? 2 : 1);
}

void draw_check_box(const QStyleOption& option, QPainter& painter, bool round) {
  const Palette& palette = theme_palette();
  const bool enabled = option.state.testFlag(QStyle::State_Enabled);
  const QRectF box = option.rect;
  const qreal corner = round ? box.width() / 2 : 5;
  const bool on = option.state.testFlag(QStyle::State_On);
  const bool mixed = option.state.testFlag(QStyle::State_NoChange);
  if (!on && !mixed) {
    paint_box(painter, box, corner, palette.surface, enabled ? palette.control : palette.border);
    return;
  }
  paint_box(painter, box, corner, enabled ? palette.accent : palette.control);
  if (mixed)
    paint_box(painter, {box.x() + 4, box.center().y() - 1, box.width() - 8, 2}, 1, palette.on_accent);
  else if (round)
    paint_box(painter, box.adjusted(5, 5, -5, -5), box.width(), palette.on_accent);
  else
    paint_check_mark(painter, box, palette.on_accent);
}

void draw_item_panel(const QStyleOption& option, QPainter& painter) {
  const Palette& palette = theme_palette();
  const bool selected = option.state.testFlag(QStyle::State_Selected);
  const bool hovered = option.state.testFlag(QStyle::State_MouseOver) && option.state.testFlag(QStyle::State_Enabled);
  if (selected)
    painter.fillRect(option.rect, palette.selection);
  else if (hovered)
    painter.fillRect(option.rect, palette.hover);
}

}  // namespace

Style::Style() : QProxyStyle(QStyleFactory::create(QStringLiteral("Fusion"))) {}

void Style::drawPrimitive(PrimitiveElement element, const QStyleOption* option, QPainter* painter,
                          const QWidget* widget) const {
  const Palette& palette = theme_palette();
  switch (element) {
    case PE_PanelButtonCommand:
      draw_push_button(*option, *painter, widget);
      if (shows_focus(*option)) paint_focus_ring(*painter, option->rect, radius, palette.accent);
      return;
    case PE_FrameDefaultButton:
      return;
    case PE_PanelButtonTool:
      draw_tool_button(*option, *painter);
      if (shows_focus(*option)) paint_focus_ring(*painter, option->rect, radius, palette.accent);
      return;
    case PE_PanelLineEdit:
      if (const auto* frame = qstyleoption_cast<const QStyleOptionFrame*>(option); frame && frame->lineWidth > 0)
        draw_field(*option, *painter, true);
      return;
    case PE_FrameLineEdit:
      draw_field(*option, *painter, false);
      return;
    case PE_Frame:
    case PE_FrameGroupBox:
      paint_box(*painter, option->rect, radius, {}, palette.border);
      return;
    case PE_FrameMenu:
    case PE_PanelMenu:
    case PE_PanelTipLabel:
      painter->fillRect(option->rect, palette.surface);
      painter->setPen(palette.border);
      painter->drawRect(option->rect.adjusted(0, 0, -1, -1));
      return;
    case PE_FrameFocusRect:
      if (option->state.testFlag(State_KeyboardFocusChange) || qobject_cast<const QAbstractItemView*>(widget))
        paint_focus_ring(*painter, QRectF(option->rect), 6, palette.accent);
      return;
    case PE_IndicatorCheckBox:
    case PE_IndicatorItemViewItemCheck:
      draw_check_box(*option, *painter, false);
      return;
    case PE_IndicatorRadioButton:
      draw_check_box(*option, *painter, true);
      return;
    case PE_PanelItemViewItem:
    case PE_PanelItemViewRow:
      if (element == PE_PanelItemViewItem) draw_item_panel(*option, *painter);
      return;
    case PE_IndicatorArrowUp:
    case PE_IndicatorHeaderArrow:
      if (const auto* header = qstyleoption_cast<const QStyleOptionHeader*>(option)) {
        if (header->sortIndicator == QStyleOptionHeader::None) return;
        const bool up = header->sortIndicator == QStyleOptionHeader::SortUp;
        paint_chevron(*painter, option->rect, up ? Chevron::up : Chevron::down, palette.secondary);
        return;
      }
      paint_chevron(*painter, option->rect, Chevron::up, palette.secondary);
      return;
    case PE_IndicatorArrowDown:
      paint_chevron(*painter, option->rect, Chevron::down, palette.secondary);
      return;
    case PE_IndicatorArrowLeft:
      paint_chevron(*painter, option->rect, Chevron::left, palette.secondary);
      return;
    case PE_IndicatorArrowRight:
      paint_chevron(*painter, option->rect, Chevron::right, palette.secondary);
      return;
    default:
      QProxyStyle::drawPrimitive(element, option, painter, widget);
  }
}

int Style::pixelMetric(PixelMetric metric, const QStyleOption* option, const QWidget* widget) const {
  switch (metric) {
    case PM_LayoutLeftMargin:
    case PM_LayoutRightMargin:
    case PM_LayoutTopMargin:
    case PM_LayoutBottomMargin:
      return 2 * grid;
    case PM_LayoutHorizontalSpacing:
    case PM_LayoutVerticalSpacing:
      return grid;
    case PM_ScrollBarExtent:
      return 10;
    case PM_ScrollBarSliderMin:
      return 4 * grid;
    case PM_IndicatorWidth:
    case PM_IndicatorHeight:
    case PM_ExclusiveIndicatorWidth:
    case PM_ExclusiveIndicatorHeight:
      return 18;
    case PM_CheckBoxLabelSpacing:
    case PM_RadioButtonLabelSpacing:
      return grid;
    case PM_HeaderMargin:
      return 12;  // the padding of a roomy cell
    case PM_SmallIconSize:
    case PM_ButtonIconSize:
    case PM_ToolBarIconSize:
    case PM_TabBarIconSize:
      return 20;
    case PM_SplitterWidth:
      return 1;
    case PM_ButtonShiftHorizontal:
    case PM_ButtonShiftVertical:
      return 0;
    case PM_MenuPanelWidth:
      return 1;
    case PM_MenuVMargin:
      return 4;
    case PM_ToolTipLabelFrameWidth:
      return 6;
    case PM_SliderThickness:
    case PM_SliderLength:
    case PM_SliderControlThickness:
      return 18;
    case PM_DefaultFrameWidth:
      return 1;
    default:
      return QProxyStyle::pixelMetric(metric, option, widget);
  }
}

int Style::styleHint(StyleHint hint, const QStyleOption* option, const QWidget* widget,
                     QStyleHintReturn* result) const {
  switch (hint) {
    case SH_Widget_Animate:
      return !reduced_motion_;
    case SH_Widget_Animation_Duration:
      return reduced_motion_ ? 0 : 140;
    case SH_ComboBox_Popup:
      return 0;
    case SH_ItemView_ShowDecorationSelected:
      return 1;
    case SH_ScrollBar_LeftClickAbsolutePosition:
      return 0;
    case SH_ToolTip_WakeUpDelay:
      return 400;
    case SH_EtchDisabledText:
    case SH_DitherDisabledText:
      return 0;
    default:
      return QProxyStyle::styleHint(hint, option, widget, result);
  }
}

QIcon Style::standardIcon(StandardPixmap pixmap, const QStyleOption* option, const QWidget* widget) const {
  if (pixmap == SP_LineEditClearButton) return icon(QStringLiteral("close"));
  return QProxyStyle::standardIcon(pixmap, option, widget);
}

void Style::polish(QWidget* widget) {
  QProxyStyle::polish(widget);
  if (qobject_cast<QAbstractItemView*>(widget)) widget->setAttribute(Qt::WA_Hover);
}

}  // namespace diptych::ui
