// A window around one panel, laid out as the shell does it: list, content, inspector, and the bar that offers to undo.
#pragma once

#include <QHBoxLayout>
#include <QWidget>
#include <QtTest>

#include "ui/widgets/bars.h"
#include "ui/widgets/panel.h"

class PanelFrame {
 public:
  template <typename T>
  T* child(const char* name) {
    return window.findChild<T*>(QLatin1String(name));
  }
  void click(const char* name) { QTest::mouseClick(child<QWidget>(name), Qt::LeftButton); }

  QWidget window;
  diptych::ui::UndoBar* undo = nullptr;

 protected:
  // The panel must outlive the window, or take its widgets along.
  void open(diptych::ui::Panel* panel, QSize size) {
    window.resize(size);
    auto* column = new QVBoxLayout(&window);
    column->setContentsMargins(0, 0, 0, 0);
    column->setSpacing(0);
    auto* row = new QHBoxLayout;
    row->setContentsMargins(0, 0, 0, 0);
    row->setSpacing(0);
    panel->list()->setFixedWidth(260);
    row->addWidget(panel->list());
    row->addWidget(panel->content(), 1);
    if (QWidget* inspector = panel->inspector()) {
      inspector->setFixedWidth(320);
      row->addWidget(inspector);
    }
    undo = new diptych::ui::UndoBar(&window);
    column->addLayout(row, 1);
    column->addWidget(undo);
    QObject::connect(panel, &diptych::ui::Panel::undo_offered, undo, &diptych::ui::UndoBar::offer);
    window.show();
    (void)QTest::qWaitForWindowActive(&window);
    panel->shown();
  }
};
