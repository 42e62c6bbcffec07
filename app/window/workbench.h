// Everything of the window put together: connection, services, panels, shell.
#pragma once

#include <QObject>
#include <memory>

#include "app/window/arguments.h"
#include "engine/api/training.h"
#include "ui/client/host_link.h"
#include "ui/widgets/wheel_guard.h"

namespace diptych::chat {
class ChatPanel;
class HostChatService;
}  // namespace diptych::chat

namespace diptych::create {
class CreatePanel;
class HostCreateService;
}  // namespace diptych::create

namespace diptych::finetune {
class FinetunePanel;
class HostFinetuneService;
}  // namespace diptych::finetune

namespace diptych::ui {
class MachinePanel;
class MainWindow;
class ModelsPanel;
class Preferences;
class SettingsPanel;
class TelemetryClient;
class Theme;
}  // namespace diptych::ui

namespace diptych::window {

class Workbench : public QObject {
  Q_OBJECT

 public:
  // `program`: path of `diptych`, which starts the host where none runs.
  Workbench(const Arguments& arguments, const QString& program, ui::Preferences* preferences, ui::Theme* theme);
  ~Workbench() override;

  void open();                         // shows the window and starts looking for the host
  void ask_for(const QString& model);  // by another start of the program
  ui::MainWindow* window() { return window_.get(); }
  ui::HostLink* link() { return link_.get(); }
  chat::ChatPanel* chat() { return chat_.get(); }
  chat::HostChatService* service() { return service_.get(); }
  create::CreatePanel* create() { return create_.get(); }
  finetune::FinetunePanel* finetune() { return finetune_.get(); }
  ui::ModelsPanel* models() { return models_.get(); }

 private:
  void apply_preferences();
  void use_result(const api::TrainingResult& result);
  void host_state(ui::HostLink::State state, const QString& reason);

  ui::Preferences* preferences_;
  ui::Theme* theme_;
  bool was_lost_ = false;
  ui::WheelGuard wheel_guard_;  // before any field is made: it sees each one's first look
  // In the order in which they need each other.
  std::unique_ptr<ui::HostLink> link_;
  std::unique_ptr<ui::TelemetryClient> telemetry_;
  std::unique_ptr<chat::HostChatService> service_;
  std::unique_ptr<create::HostCreateService> create_service_;
  std::unique_ptr<finetune::HostFinetuneService> finetune_service_;
  std::unique_ptr<chat::ChatPanel> chat_;
  std::unique_ptr<create::CreatePanel> create_;
  std::unique_ptr<finetune::FinetunePanel> finetune_;
  std::unique_ptr<ui::ModelsPanel> models_;
  std::unique_ptr<ui::MachinePanel> machine_;
  std::unique_ptr<ui::SettingsPanel> settings_;
  std::unique_ptr<ui::MainWindow> window_;
};

}  // namespace diptych::window
