// The rail at the left: one button per panel, the settings apart at the bottom.
#pragma once

#include <QWidget>

class QAction;
class QActionGroup;
class QVBoxLayout;

namespace diptych::ui {

class NavigationRail : public QWidget {
  Q_OBJECT

 public:
  static constexpr int rail_width = 56;

  explicit NavigationRail(QWidget* parent = nullptr);

  // A button for a checkable action of one panel; the group keeps one of them checked.
  void add_panel(QAction* action, bool at_bottom);
  void add_command(QAction* action);  // at the bottom, above the panels there

 protected:
  void paintEvent(QPaintEvent* event) override;

 private:
  QVBoxLayout* top_;
  QVBoxLayout* commands_;
  QVBoxLayout* bottom_;
};

}  // namespace diptych::ui
