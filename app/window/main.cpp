// diptych-window: the window. It links no engine; what it shows comes from the host.
#include <QApplication>
#include <clocale>
#include <cstdio>

#include "app/window/arguments.h"
#include "app/window/single_instance.h"
#include "app/window/workbench.h"
#include "ui/preferences/paths.h"
#include "ui/preferences/preferences.h"
#include "ui/shell/main_window.h"
#include "ui/theme/icons.h"
#include "ui/theme/theme.h"

namespace {

bool has_display() {
  for (const char* name : {"DISPLAY", "WAYLAND_DISPLAY", "QT_QPA_PLATFORM"})
    if (!qEnvironmentVariableIsEmpty(name)) return true;
  return false;
}

}  // namespace

int main(int argc, char** argv) {
  using namespace diptych;
  QStringList command_line;
  for (int i = 0; i < argc; ++i) command_line << QString::fromLocal8Bit(argv[i]);
  const window::ParsedArguments parsed = window::parse_arguments(command_line, QStringLiteral(DIPTYCH_VERSION));
  if (parsed.exit_status) {
    std::fputs(qPrintable(parsed.text), *parsed.exit_status == 0 ? stdout : stderr);
    return *parsed.exit_status;
  }
  if (!has_display()) {
    std::fputs(
        "diptych-window: error: cannot open the window: this session: there is no display; set DISPLAY, or use "
        "'diptych chat'\n",
        stderr);
    return 1;
  }
  QApplication application(argc, argv);
  std::setlocale(LC_NUMERIC, "C");  // Qt set the user's; numbers in files and protocols have a point
  QApplication::setApplicationName(QStringLiteral("diptych-window"));
  QApplication::setApplicationDisplayName(QStringLiteral("Diptych"));
  QApplication::setApplicationVersion(QStringLiteral(DIPTYCH_VERSION));
  QApplication::setDesktopFileName(QStringLiteral("diptych"));
  const window::Arguments& arguments = parsed.arguments;
  window::SingleInstance instance(ui::data_dir() + (arguments.host ? arguments.host->url.toString() : QString()));
  if (instance.hand_over(arguments.model)) return 0;
  ui::Theme theme(&application);
  QApplication::setWindowIcon(ui::icon(QStringLiteral("diptych")));
  ui::Preferences preferences(ui::config_dir() + QStringLiteral("/window.ini"));
  window::Workbench workbench(arguments, QApplication::applicationDirPath() + QStringLiteral("/diptych"), &preferences,
                              &theme);
  instance.listen();
  QObject::connect(&instance, &window::SingleInstance::asked, &workbench, &window::Workbench::ask_for);
  workbench.open();
  return QApplication::exec();
}
