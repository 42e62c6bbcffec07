// Over the canvas while a picture is dragged: restore its settings at the left, start from it at the right.
#pragma once

#include <QWidget>

namespace diptych::create {

class DropZones : public QWidget {
  Q_OBJECT

 public:
  explicit DropZones(QWidget* over);  // covers `over` while something is dragged across it

 signals:
  void restore_dropped(const QByteArray& picture);
  void input_dropped(const QByteArray& picture);

 protected:
  bool eventFilter(QObject* watched, QEvent* event) override;
  void dragEnterEvent(QDragEnterEvent* event) override;
  void dragMoveEvent(QDragMoveEvent* event) override;
  void dragLeaveEvent(QDragLeaveEvent* event) override;
  void dropEvent(QDropEvent* event) override;
  void paintEvent(QPaintEvent* event) override;

 private:
  QRect zone(bool input) const;

  QWidget* over_;
  QPoint pointer_;
};

}  // namespace diptych::create
