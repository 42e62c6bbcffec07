#include "app/window/workbench.h"

#include <QApplication>

#include "ui/client/telemetry_client.h"
#include "ui/client/text.h"
#include "ui/panels/chat/chat_panel.h"
#include "ui/panels/chat/host_chat_service.h"
#include "ui/panels/create/create_panel.h"
#include "ui/panels/create/host_create_service.h"
#include "ui/panels/create/prompt_word.h"
#include "ui/panels/finetune/finetune_panel.h"
#include "ui/panels/finetune/host_finetune_service.h"
#include "ui/panels/machine/machine_panel.h"
#include "ui/panels/models/models_panel.h"
#include "ui/panels/settings/settings_panel.h"
#include "ui/preferences/preferences.h"
#include "ui/shell/main_window.h"
#include "ui/theme/theme.h"
#include "ui/widgets/gauge_strip.h"

namespace diptych::window {

using ui::HostLink;
using ui::Notice;

Workbench::Workbench(const Arguments& arguments, const QString& program, ui::Preferences* preferences, ui::Theme* theme)
    : preferences_(preferences),
      theme_(theme),
      wheel_guard_(qApp),
      link_(std::make_unique<HostLink>(program, arguments.host)),
      telemetry_(std::make_unique<ui::TelemetryClient>(link_.get())),
      service_(std::make_unique<chat::HostChatService>(link_.get())),
      create_service_(std::make_unique<create::HostCreateService>(link_.get())),
      finetune_service_(std::make_unique<finetune::HostFinetuneService>(link_.get())),
      chat_(std::make_unique<chat::ChatPanel>(service_.get())),
      create_(std::make_unique<create::CreatePanel>(create_service_.get(), preferences)),
      finetune_(std::make_unique<finetune::FinetunePanel>(finetune_service_.get(), preferences)),
      models_(std::make_unique<ui::ModelsPanel>(link_.get(), service_.get())),
      machine_(std::make_unique<ui::MachinePanel>(telemetry_->history())),
      settings_(std::make_unique<ui::SettingsPanel>(preferences, link_.get())),
      window_(std::make_unique<ui::MainWindow>(preferences)) {
  window_->add_panel(chat_.get());
  window_->add_panel(create_.get());
  window_->add_panel(finetune_.get());
  window_->add_panel(models_.get());
  window_->add_panel(machine_.get());
  window_->add_panel(settings_.get(), true);
  connect(link_.get(), &HostLink::state_changed, this, &Workbench::host_state);
  connect(telemetry_.get(), &ui::TelemetryClient::snapshot, window_->gauges(), &ui::GaugeStrip::set_snapshot);
  connect(window_.get(), &ui::MainWindow::history_requested, this, [this](ui::GaugeKind kind) {
    window_->show_panel(machine_->id());
    machine_->show_gauge(kind);
  });
  connect(create_.get(), &create::CreatePanel::models_requested, this, [this] { window_->show_panel(models_->id()); });
  connect(finetune_.get(), &finetune::FinetunePanel::models_requested, this,
          [this] { window_->show_panel(models_->id()); });
  connect(finetune_.get(), &finetune::FinetunePanel::use_requested, this, &Workbench::use_result);
  connect(models_.get(), &ui::ModelsPanel::pictures_requested, this, [this](const QString& model) {
    create_->controller()->choose_model(model);
    window_->show_panel(create_->id());
  });
  connect(window_.get(), &ui::MainWindow::model_dropped, this, [this](const QString& path) {
    if (window_->panel() == finetune_.get() && finetune_->take_folder(path)) return;
    if (window_->panel() == create_.get()) return create_->controller()->open_model(path);
    chat_->open_model(path);
    window_->show_panel(chat_->id());
  });
  connect(preferences_, &ui::Preferences::changed, this, &Workbench::apply_preferences);
  apply_preferences();
  window_->restore();
  if (!arguments.model.isEmpty()) {
    window_->show_panel(chat_->id());
    service_->load_model(arguments.model);  // as soon as the host is there
  }
}

// The window first: it holds the panels' widgets.
Workbench::~Workbench() {
  window_.reset();
}

void Workbench::open() {
  window_->show();
  window_->panel()->shown();
  link_->start();
}

void Workbench::ask_for(const QString& model) {
  window_->bring_to_front();
  if (model.isEmpty()) return;
  window_->show_panel(chat_->id());
  service_->load_model(model);
}

// What was learnt, where it belongs: in a new conversation, or in the settings of the next picture.
void Workbench::use_result(const api::TrainingResult& result) {
  const bool of_base = result.is_adapter || result.is_embedding;  // else a model of its own
  const QString path = ui::qt(result.path), base = of_base ? ui::qt(result.base) : path;
  if (result.kind == api::TrainingKind::text) {
    std::optional<chat::ChatAdapter> adapter;
    if (result.is_adapter) adapter = chat::ChatAdapter{path, 1};
    chat_->controller()->new_conversation_with(base, adapter);
    return window_->show_panel(chat_->id());
  }
  create_->controller()->choose_model(base);
  create_->controller()->store()->change([&](api::ImageSettings& settings) {
    std::erase_if(settings.adapters, [&](const api::ImageAdapter& one) { return one.file == result.path; });
    if (result.is_adapter) settings.adapters.push_back({result.path, 1, std::nullopt});
    if (result.is_embedding)
      settings.prompt = ui::utf8(create::prompt_with_word(ui::qt(settings.prompt), ui::qt(result.token)));
  });
  window_->show_panel(create_->id());
}

void Workbench::apply_preferences() {
  const QString theme = preferences_->theme();
  theme_->set_choice(theme == QLatin1String("light")  ? ui::SchemeChoice::light
                     : theme == QLatin1String("dark") ? ui::SchemeChoice::dark
                                                      : ui::SchemeChoice::system);
  chat_->set_enter_sends(preferences_->enter_sends());
}

void Workbench::host_state(HostLink::State state, const QString& reason) {
  switch (state) {
    case HostLink::State::lost:
      was_lost_ = true;
      window_->show_notice(
          {Notice::Level::warning,
           link_->remote() ? reason : tr("%1. Another one is being started; nothing you wrote is lost.").arg(reason),
           {},
           {}});
      break;
    case HostLink::State::failed:
      window_->show_notice({Notice::Level::error, reason, tr("Try again"), [this] { link_->try_again(); }});
      break;
    case HostLink::State::ready:
      if (std::exchange(was_lost_, false))
        window_->show_notice({Notice::Level::info, tr("The engine runs again."), {}, {}});
      break;
    case HostLink::State::starting:
      break;
  }
}

}  // namespace diptych::window
