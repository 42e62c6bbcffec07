// Controls made of parts: scroll bars, combo boxes, spin boxes, sliders.
#include <QStyleOption>

#include "ui/theme/style.h"
#include "ui/theme/style_paint.h"
#include "ui/theme/theme.h"

namespace diptych::ui {
namespace {

void draw_field_frame(const QStyleOptionComplex& option, QPainter& painter) {
  const Palette& palette = theme_palette();
  const bool enabled = option.state.testFlag(QStyle::State_Enabled);
  const bool focused = option.state.testFlag(QStyle::State_HasFocus);
  const bool hovered = option.state.testFlag(QStyle::State_MouseOver) && enabled;
  paint_box(painter, option.rect, radius,
            hovered   ? palette.hover
            : enabled ? palette.surface
                      : palette.background,
            focused   ? palette.accent
            : enabled ? palette.control
                      : palette.border,
            focused ? 2 : 1);
}

}  // namespace

void Style::drawComplexControl(ComplexControl control, const QStyleOptionComplex* option, QPainter* painter,
                               const QWidget* widget) const {
  switch (control) {
    case CC_ScrollBar:
      draw_scroll_bar(option, painter, widget);
      return;
    case CC_ComboBox:
      draw_combo_box(option, painter, widget);
      return;
    case CC_SpinBox:
      draw_spin_box(option, painter, widget);
      return;
    case CC_Slider:
      draw_slider(option, painter, widget);
      return;
    default:
      QProxyStyle::drawComplexControl(control, option, painter, widget);
  }
}

void Style::draw_scroll_bar(const QStyleOptionComplex* option, QPainter* painter, const QWidget* widget) const {
  const auto* bar = qstyleoption_cast<const QStyleOptionSlider*>(option);
  if (!bar || bar->maximum == bar->minimum) return;
  const Palette& palette = theme_palette();
  const bool active = option->activeSubControls.testFlag(SC_ScrollBarSlider) && option->state.testFlag(State_MouseOver);
  QRectF handle = subControlRect(CC_ScrollBar, option, SC_ScrollBarSlider, widget);
  handle = bar->orientation == Qt::Vertical ? handle.adjusted(2, 2, -2, -2) : handle.adjusted(2, 2, -2, -2);
  const bool pressed = option->state.testFlag(State_Sunken);
  paint_box(*painter, handle, 3, active || pressed ? palette.secondary : palette.control);
}

void Style::draw_combo_box(const QStyleOptionComplex* option, QPainter* painter, const QWidget* widget) const {
  const auto* box = qstyleoption_cast<const QStyleOptionComboBox*>(option);
  if (!box) return;
  if (box->frame) draw_field_frame(*option, *painter);
  const QRect arrow = subControlRect(CC_ComboBox, option, SC_ComboBoxArrow, widget);
  const Palette& palette = theme_palette();
  paint_chevron(*painter, arrow, Chevron::down,
                option->state.testFlag(State_Enabled) ? palette.secondary : palette.control);
}

void Style::draw_spin_box(const QStyleOptionComplex* option, QPainter* painter, const QWidget* widget) const {
  const auto* box = qstyleoption_cast<const QStyleOptionSpinBox*>(option);
  if (!box) return;
  const Palette& palette = theme_palette();
  draw_field_frame(*option, *painter);
  const auto draw_step = [&](SubControl part, QAbstractSpinBox::StepEnabledFlag step, Chevron direction) {
    const QRect rect = subControlRect(CC_SpinBox, option, part, widget);
    const bool possible = box->stepEnabled.testFlag(step) && option->state.testFlag(State_Enabled);
    const bool hovered = option->activeSubControls == part && option->state.testFlag(State_MouseOver);
    paint_chevron(*painter, rect, direction, !possible ? palette.border : hovered ? palette.text : palette.secondary);
  };
  if (box->buttonSymbols == QAbstractSpinBox::NoButtons) return;
  draw_step(SC_SpinBoxUp, QAbstractSpinBox::StepUpEnabled, Chevron::up);
  draw_step(SC_SpinBoxDown, QAbstractSpinBox::StepDownEnabled, Chevron::down);
}

void Style::draw_slider(const QStyleOptionComplex* option, QPainter* painter, const QWidget* widget) const {
  const auto* slider = qstyleoption_cast<const QStyleOptionSlider*>(option);
  if (!slider || slider->orientation == Qt::Vertical) {
    QProxyStyle::drawComplexControl(CC_Slider, option, painter, widget);
    return;
  }
  const Palette& palette = theme_palette();
  const bool enabled = option->state.testFlag(State_Enabled);
  const QRectF handle = subControlRect(CC_Slider, option, SC_SliderHandle, widget);
  const qreal middle = option->rect.center().y() + 0.5;
  const QRectF track(option->rect.x() + 1, middle - 2, option->rect.width() - 2, 4);
  paint_box(*painter, track, 2, palette.border);
  QRectF done = track;
  if (slider->upsideDown)
    done.setLeft(handle.center().x());
  else
    done.setRight(handle.center().x());
  paint_box(*painter, done, 2, enabled ? palette.accent : palette.control);
  const QRectF knob(handle.center().x() - 7, middle - 7, 14, 14);
  paint_box(*painter, knob, 7, palette.surface, enabled ? palette.accent : palette.control, 2);
  if (shows_focus(*option)) paint_focus_ring(*painter, knob.adjusted(-2, -2, 2, 2), 9, palette.accent);
}

QRect Style::subControlRect(ComplexControl control, const QStyleOptionComplex* option, SubControl part,
                            const QWidget* widget) const {
  const QRect whole = option->rect;
  if (control == CC_ComboBox) {
    const QRect arrow(whole.right() - 27, whole.y(), 24, whole.height());
    if (part == SC_ComboBoxArrow) return visualRect(option->direction, whole, arrow);
    if (part == SC_ComboBoxEditField) return visualRect(option->direction, whole, whole.adjusted(grid, 1, -28, -1));
  }
  if (control == CC_SpinBox) {
    const int half = whole.height() / 2;
    if (part == SC_SpinBoxUp)
      return visualRect(option->direction, whole, {whole.right() - 23, whole.y() + 3, 20, half - 3});
    if (part == SC_SpinBoxDown)
      return visualRect(option->direction, whole, {whole.right() - 23, whole.y() + half, 20, half - 3});
    if (part == SC_SpinBoxEditField) return visualRect(option->direction, whole, whole.adjusted(3, 3, -24, -3));
  }
  if (control == CC_ScrollBar) {  // no arrow buttons: the whole length is the groove
    const auto* bar = qstyleoption_cast<const QStyleOptionSlider*>(option);
    if (bar) {
      const bool vertical = bar->orientation == Qt::Vertical;
      const int length = vertical ? whole.height() : whole.width();
      const qint64 range = static_cast<qint64>(bar->maximum) - bar->minimum;
      int handle = length;
      if (range > 0) {
        handle = static_cast<int>(static_cast<qint64>(bar->pageStep) * length / (range + bar->pageStep));
        handle = std::clamp(handle, std::min(length, pixelMetric(PM_ScrollBarSliderMin, option, widget)), length);
      }
      const int start =
          sliderPositionFromValue(bar->minimum, bar->maximum, bar->sliderPosition, length - handle, bar->upsideDown);
      const auto part_rect = [&](int from, int size) {
        return vertical
                   ? QRect(whole.x(), whole.y() + from, whole.width(), size)
                   : visualRect(option->direction, whole, QRect(whole.x() + from, whole.y(), size, whole.height()));
      };
      switch (part) {
        case SC_ScrollBarSlider:
          return part_rect(start, handle);
        case SC_ScrollBarSubPage:
          return part_rect(0, start);
        case SC_ScrollBarAddPage:
          return part_rect(start + handle, length - start - handle);
        case SC_ScrollBarGroove:
          return whole;
        default:
          return {};
      }
    }
  }
  return QProxyStyle::subControlRect(control, option, part, widget);
}

}  // namespace diptych::ui
