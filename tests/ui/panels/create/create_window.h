// The Create panel in a window of its own, laid out as the shell does it, on a host without a host.
#pragma once

#include <QHBoxLayout>
#include <QTemporaryDir>
#include <QWidget>
#include <QtTest>
#include <memory>

#include "tests/ui/panels/create/fake_create_service.h"
#include "ui/panels/create/create_content.h"
#include "ui/panels/create/create_panel.h"
#include "ui/panels/create/image_canvas.h"
#include "ui/panels/create/parameters_pane.h"
#include "ui/panels/create/prompt_editor.h"
#include "ui/panels/create/prompt_section.h"
#include "ui/preferences/preferences.h"
#include "ui/widgets/bars.h"

struct CreateWindow {
  explicit CreateWindow(const std::function<void(diptych::create::FakeCreateService&)>& prepare = {},
                        QSize size = {1360, 800})
      : preferences(folder.filePath("window.ini")) {
    using namespace diptych;
    if (prepare) prepare(service);
    panel = std::make_unique<create::CreatePanel>(&service, &preferences);
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
    undo = new ui::UndoBar(&window);
    column->addLayout(row, 1);
    column->addWidget(undo);
    QObject::connect(panel.get(), &ui::Panel::undo_offered, undo, &ui::UndoBar::offer);
    QObject::connect(panel.get(), &ui::Panel::notice, panel.get(),
                     [this](const ui::Notice& one) { notices << one.text; });
    window.show();
    (void)QTest::qWaitForWindowActive(&window);
    panel->shown();
  }
  ~CreateWindow() { panel.reset(); }

  diptych::create::CreateController* controller() { return panel->controller(); }
  const diptych::api::ImageSettings& settings() { return controller()->store()->settings(); }
  diptych::create::PromptEditor* prompt() { return panel->parameters()->prompts()->prompt(); }
  diptych::create::ImageCanvas* canvas() { return panel->canvas_page()->canvas(); }
  template <typename T>
  T* child(const char* name) {
    return window.findChild<T*>(QLatin1String(name));
  }
  void click(const char* name) { QTest::mouseClick(child<QWidget>(name), Qt::LeftButton); }

  QTemporaryDir folder;
  diptych::ui::Preferences preferences;
  diptych::create::FakeCreateService service;
  QStringList notices;
  QWidget window;
  diptych::ui::UndoBar* undo;
  std::unique_ptr<diptych::create::CreatePanel> panel;
};
