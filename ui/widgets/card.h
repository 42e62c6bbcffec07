// A rounded surface with a hairline: the composer, a notice inside the conversation, a popup.
#pragma once

#include <QFrame>

namespace diptych::ui {

class Card : public QFrame {
  Q_OBJECT

 public:
  enum class Ground { surface, raised };

  explicit Card(Ground ground, QWidget* parent = nullptr, Qt::WindowFlags flags = {});

 protected:
  void paintEvent(QPaintEvent* event) override;

 private:
  Ground ground_;
};

}  // namespace diptych::ui
