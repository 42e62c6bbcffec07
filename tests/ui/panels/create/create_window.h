// The Create panel in a window of its own, laid out as the shell does it, on a host without a host.
#pragma once

#include <QTemporaryDir>
#include <memory>

#include "tests/ui/panels/create/fake_create_service.h"
#include "tests/ui/panels/panel_frame.h"
#include "ui/panels/create/create_content.h"
#include "ui/panels/create/create_panel.h"
#include "ui/panels/create/image_canvas.h"
#include "ui/panels/create/parameters_pane.h"
#include "ui/panels/create/prompt_editor.h"
#include "ui/panels/create/prompt_section.h"
#include "ui/preferences/preferences.h"

inline void three_pictures(diptych::create::FakeCreateService& service) {
  service.add("a", "a lighthouse");
  service.add("b", "a harbour");
  service.add("c", "a lighthouse at dusk");
}

struct CreateWindow : PanelFrame {
  explicit CreateWindow(const std::function<void(diptych::create::FakeCreateService&)>& prepare = {},
                        QSize size = {1360, 800})
      : preferences(folder.filePath("window.ini")) {
    using namespace diptych;
    if (prepare) prepare(service);
    panel = std::make_unique<create::CreatePanel>(&service, &preferences);
    QObject::connect(panel.get(), &ui::Panel::notice, panel.get(),
                     [this](const ui::Notice& one) { notices << one.text; });
    open(panel.get(), size);
  }
  ~CreateWindow() { panel.reset(); }

  diptych::create::CreateController* controller() { return panel->controller(); }
  const diptych::api::ImageSettings& settings() { return controller()->store()->settings(); }
  diptych::create::PromptEditor* prompt() { return panel->parameters()->prompts()->prompt(); }
  diptych::create::ImageCanvas* canvas() { return panel->canvas_page()->canvas(); }

  QTemporaryDir folder;
  diptych::ui::Preferences preferences;
  diptych::create::FakeCreateService service;
  QStringList notices;
  std::unique_ptr<diptych::create::CreatePanel> panel;
};
