#include "ui/widgets/wheel_guard.h"

#include <QAbstractSlider>
#include <QAbstractSpinBox>
#include <QComboBox>
#include <QEvent>
#include <QScrollBar>

namespace diptych::ui {

WheelGuard::WheelGuard(QObject* application) {
  application->installEventFilter(this);
}

bool WheelGuard::eventFilter(QObject* watched, QEvent* event) {
  if (event->type() == QEvent::Polish) {
    // Otherwise the wheel itself would give it the focus first.
    if (auto* widget = qobject_cast<QWidget*>(watched);
        widget && widget->focusPolicy() == Qt::WheelFocus &&
        (qobject_cast<QComboBox*>(widget) || qobject_cast<QAbstractSpinBox*>(widget)))
      widget->setFocusPolicy(Qt::StrongFocus);
    return false;
  }
  if (event->type() != QEvent::Wheel) return false;
  auto* widget = qobject_cast<QWidget*>(watched);
  if (!widget || widget->hasFocus()) return false;
  const bool field = qobject_cast<QComboBox*>(widget) || qobject_cast<QAbstractSpinBox*>(widget) ||
                     (qobject_cast<QAbstractSlider*>(widget) && !qobject_cast<QScrollBar*>(widget));
  if (field) event->ignore();
  return field;  // filtered and ignored: Qt offers it to the parent
}

}  // namespace diptych::ui
