// F1: what the focused control is and does, from the words it already has for tooltips and screen readers.
#pragma once

#include <QFrame>

class QLabel;

namespace diptych::ui {

struct HelpText {
  QString title;
  QString text;
  bool empty() const { return title.isEmpty() && text.isEmpty(); }
};
HelpText help_for(const QWidget* widget);  // of it, or of the nearest one around it that says something

class HelpPopup : public QFrame {
  Q_OBJECT

 public:
  explicit HelpPopup(QWidget* parent);

  void show_for(QWidget* widget);

 protected:
  void paintEvent(QPaintEvent* event) override;
  void keyPressEvent(QKeyEvent* event) override;

 private:
  QLabel* title_;
  QLabel* text_;
};

}  // namespace diptych::ui
