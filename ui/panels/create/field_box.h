// The outline of a field around an editor that has none of its own: rounded, in the accent colour while it has the
// focus.
#pragma once

#include <QFrame>

namespace diptych::create {

class FieldBox : public QFrame {
  Q_OBJECT

 public:
  explicit FieldBox(QWidget* editor, QWidget* parent = nullptr);

 protected:
  void paintEvent(QPaintEvent* event) override;
  bool eventFilter(QObject* watched, QEvent* event) override;

 private:
  QWidget* editor_;
};

}  // namespace diptych::create
