// The chat panel in a window of its own, laid out as the shell does it, on a host without a host.
#pragma once

#include <QHBoxLayout>
#include <QWidget>
#include <QtTest>

#include "tests/ui/panels/chat/fake_service.h"
#include "ui/panels/chat/chat_content.h"
#include "ui/panels/chat/chat_panel.h"
#include "ui/panels/chat/composer.h"
#include "ui/widgets/bars.h"

struct PanelWindow {
  explicit PanelWindow(const QList<diptych::chat::Conversation>& stored = {}, QSize size = {1360, 800}) {
    service.stored = stored;
    panel = std::make_unique<diptych::chat::ChatPanel>(&service);
    window.resize(size);
    auto* column = new QVBoxLayout(&window);
    column->setContentsMargins(0, 0, 0, 0);
    column->setSpacing(0);
    auto* row = new QHBoxLayout;
    row->setContentsMargins(0, 0, 0, 0);
    row->setSpacing(0);
    panel->list()->setFixedWidth(260);
    panel->inspector()->setFixedWidth(320);
    row->addWidget(panel->list());
    row->addWidget(panel->content(), 1);
    row->addWidget(panel->inspector());
    undo = new diptych::ui::UndoBar(&window);
    column->addLayout(row, 1);
    column->addWidget(undo);
    QObject::connect(panel.get(), &diptych::ui::Panel::undo_offered, undo, &diptych::ui::UndoBar::offer);
    window.show();
    (void)QTest::qWaitForWindowExposed(&window);
    panel->shown();
  }
  ~PanelWindow() { panel.reset(); }

  diptych::chat::ChatController* controller() { return panel->controller(); }
  diptych::chat::ThreadModel* thread() { return controller()->thread(); }
  QString conversation() { return controller()->conversation(); }
  QPlainTextEdit* edit() { return panel->chat()->composer()->edit(); }
  void type(const QString& text) { QTest::keyClicks(edit(), text); }
  void key(int key, Qt::KeyboardModifiers modifiers = {}) { QTest::keyClick(edit(), Qt::Key(key), modifiers); }
  template <typename T>
  T* child(const char* name) {
    return window.findChild<T*>(QLatin1String(name));
  }

  diptych::chat::FakeService service;
  QWidget window;
  diptych::ui::UndoBar* undo;
  std::unique_ptr<diptych::chat::ChatPanel> panel;
};
