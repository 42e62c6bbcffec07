// The window as main() puts it together, on a data folder of its own and a host that it starts itself.
#pragma once

#include <signal.h>

#include <QApplication>
#include <QFileInfo>
#include <QPlainTextEdit>
#include <QTemporaryDir>
#include <QtTest>
#include <clocale>

#include "app/window/workbench.h"
#include "ui/client/host_file.h"
#include "ui/panels/chat/chat_content.h"
#include "ui/panels/chat/chat_panel.h"
#include "ui/panels/chat/composer.h"
#include "ui/panels/chat/host_chat_service.h"
#include "ui/panels/chat/message_view.h"
#include "ui/preferences/paths.h"
#include "ui/preferences/preferences.h"
#include "ui/shell/main_window.h"
#include "ui/theme/theme.h"

namespace diptych::gui {

// Before the QApplication: an own data folder, so that no other host and no other window is met.
class OwnHome {
 public:
  OwnHome() { qputenv("DIPTYCH_HOME", folder_.path().toUtf8()); }
  // The host that a test left behind ends with it.
  ~OwnHome() {
    if (const auto file = ui::read_host_file(ui::host_file_path())) ::kill(static_cast<pid_t>(file->pid), SIGTERM);
  }
  QString path() const { return folder_.path(); }

 private:
  QTemporaryDir folder_;
};

inline QString small_model() {
  return ui::models_dir() + QStringLiteral("/SmolLM2-135M-Instruct.Q4_1.gguf");
}
inline QString program() {
  return QStringLiteral(DIPTYCH_BINARY_DIR "/bin/diptych");
}

struct RealWindow {
  explicit RealWindow(const window::Arguments& arguments = {}, const QString& with = program())
      : preferences(ui::config_dir() + QStringLiteral("/window.ini")),
        theme(qApp),
        workbench(arguments, with, &preferences, &theme) {
    workbench.window()->resize(1280, 800);
    workbench.open();
    (void)QTest::qWaitForWindowActive(workbench.window());
  }

  chat::ChatController* controller() { return workbench.chat()->controller(); }
  chat::ThreadModel* thread() { return controller()->thread(); }
  QPlainTextEdit* field() { return workbench.chat()->chat()->composer()->edit(); }
  void ask(const QString& question) {
    field()->setFocus();
    QTest::keyClicks(field(), question);
    QTest::keyClick(field(), Qt::Key_Return);
  }
  const chat::Message* last() { return thread()->message(thread()->rowCount() - 1); }
  QString last_text() { return last() ? last()->text : QString(); }

  ui::Preferences preferences;
  ui::Theme theme;
  window::Workbench workbench;
};

}  // namespace diptych::gui
