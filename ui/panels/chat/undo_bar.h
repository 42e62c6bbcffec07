// "Deleted … [Undo]" at the bottom, for ten seconds: what stands in for asking before.
#pragma once

#include <QTimer>
#include <QWidget>
#include <functional>

class QLabel;
class QPushButton;

namespace diptych::chat {

class UndoBar : public QWidget {
  Q_OBJECT

 public:
  static constexpr int shown_ms = 10000;

  explicit UndoBar(QWidget* parent);

  void offer(const QString& text, std::function<void()> undo);  // replaces the offer before
  void undo();                                                  // Ctrl+Z; nothing when nothing is offered

 protected:
  void enterEvent(QEnterEvent* event) override;  // the time stops under the pointer
  void leaveEvent(QEvent* event) override;

 private:
  QLabel* label_;
  QPushButton* button_;
  QTimer timer_;
  std::function<void()> undo_;
};

}  // namespace diptych::chat
