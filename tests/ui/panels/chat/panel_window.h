// The chat panel in a window of its own, laid out as the shell does it, on a host without a host.
#pragma once

#include <memory>

#include "tests/ui/panels/chat/fake_service.h"
#include "tests/ui/panels/panel_frame.h"
#include "ui/panels/chat/chat_content.h"
#include "ui/panels/chat/chat_panel.h"
#include "ui/panels/chat/composer.h"

struct PanelWindow : PanelFrame {
  explicit PanelWindow(const QList<diptych::chat::Conversation>& stored = {}, QSize size = {1360, 800}) {
    service.stored = stored;
    panel = std::make_unique<diptych::chat::ChatPanel>(&service);
    open(panel.get(), size);
  }
  ~PanelWindow() { panel.reset(); }

  diptych::chat::ChatController* controller() { return panel->controller(); }
  diptych::chat::ThreadModel* thread() { return controller()->thread(); }
  QString conversation() { return controller()->conversation(); }
  QPlainTextEdit* edit() { return panel->chat()->composer()->edit(); }
  void type(const QString& text) { QTest::keyClicks(edit(), text); }
  void key(int key, Qt::KeyboardModifiers modifiers = {}) { QTest::keyClick(edit(), Qt::Key(key), modifiers); }

  diptych::chat::FakeService service;
  std::unique_ptr<diptych::chat::ChatPanel> panel;
};
