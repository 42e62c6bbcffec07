// Hovering never changes a value: the wheel scrolls the page over a field that has no focus.
#pragma once

#include <QObject>

namespace diptych::ui {

// One for the application, before its first field. Combo boxes, spin boxes and sliders without focus pass the wheel on.
class WheelGuard : public QObject {
  Q_OBJECT

 public:
  explicit WheelGuard(QObject* application);
  bool eventFilter(QObject* watched, QEvent* event) override;
};

}  // namespace diptych::ui
