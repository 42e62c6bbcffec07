// Bars that come and go above the gauges: one offers to undo, one says what went wrong and offers the next step.
#pragma once

#include <QFrame>
#include <QTimer>
#include <functional>

#include "ui/widgets/panel.h"

class QLabel;
class QPushButton;
class QToolButton;

namespace diptych::ui {

class Bar : public QFrame {
  Q_OBJECT

 public:
  explicit Bar(QWidget* parent = nullptr);
  QString text() const;

 protected:
  void show_text(const QString& icon_name, const QColor& tint, const QString& text, const QString& action);
  void paintEvent(QPaintEvent* event) override;
  virtual void acted() = 0;

  QLabel* picture_;
  QLabel* label_;
  QPushButton* action_;
  QToolButton* close_;

 private:
  QColor tint_;
};

class UndoBar : public Bar {
  Q_OBJECT

 public:
  static constexpr int shown_ms = 10000;

  explicit UndoBar(QWidget* parent = nullptr);
  void offer(const QString& text, std::function<void()> undo);
  void undo() { acted(); }
  bool can_undo() const { return undo_ != nullptr; }

 protected:
  void acted() override;
  bool event(QEvent* event) override;

 private:
  std::function<void()> undo_;
  QTimer timer_;
};

class NoticeBar : public Bar {
  Q_OBJECT

 public:
  explicit NoticeBar(QWidget* parent = nullptr);
  // What offers an action and was not answered yet comes back when `notice` is dismissed.
  void show_notice(const Notice& notice);
  void dismiss();

 protected:
  void acted() override;

 private:
  void show_now(const Notice& notice);

  Notice notice_;
  QList<Notice> waiting_;  // displaced; the newest last
  QTimer timer_;           // only what needs no answer leaves by itself
};

}  // namespace diptych::ui
