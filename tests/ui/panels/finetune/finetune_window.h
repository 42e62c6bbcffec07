// The Fine-tune panel in a window of its own, laid out as the shell does it, on a host without a host.
#pragma once

#include <QAbstractButton>
#include <QDir>
#include <QLabel>
#include <QPixmap>
#include <QTemporaryDir>
#include <memory>

#include "tests/ui/panels/finetune/fake_finetune_service.h"
#include "tests/ui/panels/panel_frame.h"
#include "ui/panels/finetune/base_page.h"
#include "ui/panels/finetune/data_page.h"
#include "ui/panels/finetune/data_sources.h"
#include "ui/panels/finetune/finetune_content.h"
#include "ui/panels/finetune/finetune_panel.h"
#include "ui/panels/finetune/wizard_bar.h"
#include "ui/preferences/preferences.h"
#include "ui/theme/theme.h"

struct FinetuneWindow : PanelFrame {
  explicit FinetuneWindow(const std::function<void(diptych::finetune::FakeFinetuneService&)>& prepare = {},
                          const QString& file = {}, QSize size = {1220, 800})
      : preferences(file.isEmpty() ? folder.filePath("window.ini") : file) {
    using namespace diptych;
    if (prepare) prepare(service);
    panel = std::make_unique<finetune::FinetunePanel>(&service, &preferences);
    QObject::connect(panel.get(), &ui::Panel::notice, panel.get(),
                     [this](const ui::Notice& one) { notices << one.text; });
    open(panel.get(), size);
  }
  ~FinetuneWindow() { panel.reset(); }

  diptych::finetune::FinetuneController* controller() { return panel->controller(); }
  diptych::finetune::DraftSession* draft() { return controller()->draft(); }
  diptych::finetune::FinetuneContent* wizard() { return panel->wizard(); }
  diptych::finetune::WizardPage page() { return controller()->page(); }
  QString label(const char* name) { return child<QLabel>(name)->text(); }
  void next() { click("next"); }
  // A draft with a base, on the page that asks for data.
  void choose_base(const QString& id) {
    panel->create_new();
    controller()->draft()->choose_base(*controller()->base_named(id));
    next();
  }
  // … with data that were read.
  void choose_data(const QString& path) {
    wizard()->data_page()->sources()->add({path});
    QTRY_VERIFY(draft()->report().has_value() && draft()->prediction().plan.has_value());
  }
  void start(const QString& base, const QString& data) {
    choose_base(base);
    choose_data(data);
    next();
    next();
    next();
  }
  // With DIPTYCH_SCREENSHOTS=FOLDER: a picture of it in both themes.
  void shoot(const QString& name, diptych::ui::Theme* theme) {
    const QString into = qEnvironmentVariable("DIPTYCH_SCREENSHOTS");
    if (into.isEmpty()) return;
    for (const bool dark : {false, true}) {
      theme->set_choice(dark ? diptych::ui::SchemeChoice::dark : diptych::ui::SchemeChoice::light);
      QTest::qWait(120);
      window.grab().save(QStringLiteral("%1/finetune-%2-%3.png").arg(into, name, dark ? "dark" : "light"));
    }
    theme->set_choice(diptych::ui::SchemeChoice::light);
  }

  QTemporaryDir folder;
  diptych::ui::Preferences preferences;
  diptych::finetune::FakeFinetuneService service;
  QStringList notices;
  std::unique_ptr<diptych::finetune::FinetunePanel> panel;
};
