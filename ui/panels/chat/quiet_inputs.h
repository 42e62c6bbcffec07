// Inputs that ignore the wheel unless focused: hovering never changes a value.
#pragma once

#include <QComboBox>
#include <QDoubleSpinBox>
#include <QSpinBox>
#include <QWheelEvent>

namespace diptych::chat {

template <typename Input>
class Quiet : public Input {
 public:
  explicit Quiet(QWidget* parent = nullptr) : Input(parent) { Input::setFocusPolicy(Qt::StrongFocus); }

 protected:
  void wheelEvent(QWheelEvent* event) override {
    if (Input::hasFocus())
      Input::wheelEvent(event);
    else
      event->ignore();  // scrolls what is around it
  }
};

using QuietSpin = Quiet<QSpinBox>;
using QuietDoubleSpin = Quiet<QDoubleSpinBox>;
using QuietCombo = Quiet<QComboBox>;

}  // namespace diptych::chat
