// The row above the picture: how it is looked at at the left, what is done with it at the right.
#pragma once

#include <QWidget>

class QAction;
class QHBoxLayout;
class QLabel;

namespace diptych::create {

class CreateActions;

class CanvasBar : public QWidget {
  Q_OBJECT

 public:
  explicit CanvasBar(CreateActions* actions, QWidget* parent = nullptr);  // `actions` must outlive it

  void set_scale(double scale);  // 0: there is nothing to look at

 private:
  void add(QAction* action);

  QHBoxLayout* row_;
  QLabel* scale_;
};

}  // namespace diptych::create
