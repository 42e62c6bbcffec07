#include "ui/panels/finetune/step_button.h"

#include <QPainter>

#include "ui/theme/style.h"
#include "ui/theme/style_paint.h"
#include "ui/theme/theme.h"
#include "ui/theme/typography.h"

namespace diptych::finetune {
namespace {

constexpr qreal circle = 24;  // px

}  // namespace

StepButton::StepButton(WizardPage page, QWidget* parent) : QAbstractButton(parent), page_(page) {
  setCheckable(true);
  setFocusPolicy(Qt::TabFocus);
  setAttribute(Qt::WA_Hover);
  setText(page_title(page));
  setObjectName(QStringLiteral("step_") + page_name(page));
  setSizePolicy(QSizePolicy::Expanding, QSizePolicy::Fixed);
  describe();
}

void StepButton::set_state(const StepState& state) {
  if (state == state_) return;
  state_ = state;
  setEnabled(state.blocked.isEmpty());
  describe();
  update();
}

void StepButton::set_narrow(bool narrow) {
  if (narrow == narrow_) return;
  narrow_ = narrow;
  update();
}

void StepButton::describe() {
  const int number = static_cast<int>(page_) + 1;
  setAccessibleName(tr("Step %1: %2").arg(number).arg(text()));
  const QString said = !state_.blocked.isEmpty() ? state_.blocked
                       : state_.done             ? tr("Done. %1").arg(state_.detail).trimmed()
                                                 : state_.detail;
  setAccessibleDescription(said);
  setToolTip(said.isEmpty() ? text() : text() + QStringLiteral(": ") + said);
}

void StepButton::paintEvent(QPaintEvent*) {
  QPainter painter(this);
  painter.setRenderHint(QPainter::Antialiasing);
  const ui::Palette& palette = ui::theme_palette();
  const QRectF box = QRectF(rect()).adjusted(8, 2, -8, -2);
  if (isChecked())
    ui::paint_box(painter, box, ui::radius, palette.selection);
  else if (isEnabled() && (underMouse() || isDown()))
    ui::paint_box(painter, box, ui::radius, palette.hover);
  const QRectF mark(box.left() + 8, box.center().y() - circle / 2, circle, circle);
  const bool filled = isChecked() || state_.done;
  ui::paint_box(painter, mark, circle / 2, isChecked() ? palette.accent : QColor(),
                filled ? palette.accent : palette.control, 1.5);
  const QColor ink = isChecked() ? palette.on_accent : state_.done ? palette.accent : palette.secondary;
  if (state_.done && !isChecked()) {
    ui::paint_check_mark(painter, mark.adjusted(5, 5, -5, -5), ink);
  } else {
    painter.setPen(ink);
    painter.setFont(ui::text_font(ui::TextSize::body, QFont::DemiBold));
    painter.drawText(mark, Qt::AlignCenter, QString::number(static_cast<int>(page_) + 1));
  }
  if (!narrow_) {
    const QRectF text = box.adjusted(circle + 20, 4, -8, -4);
    painter.setFont(ui::text_font(ui::TextSize::body, isChecked() ? QFont::DemiBold : QFont::Normal));
    painter.setPen(isEnabled() ? palette.text : palette.secondary);
    const bool two = !state_.detail.isEmpty();
    painter.drawText(text, (two ? Qt::AlignTop : Qt::AlignVCenter) | Qt::AlignLeft, this->text());
    if (two) {
      painter.setFont(ui::text_font(ui::TextSize::caption));
      painter.setPen(palette.secondary);
      painter.drawText(text, Qt::AlignBottom | Qt::AlignLeft,
                       painter.fontMetrics().elidedText(state_.detail, Qt::ElideRight, static_cast<int>(text.width())));
    }
  }
  if (hasFocus()) ui::paint_focus_ring(painter, box, ui::radius, palette.accent);
}

}  // namespace diptych::finetune
