#include "ui/preferences/paths.h"

#include <QDir>

namespace diptych::ui {
namespace {

// The XDG specification: a variable that is empty or not absolute counts as unset.
QString absolute_variable(const char* name) {
  const QString value = qEnvironmentVariable(name);
  return value.startsWith('/') ? QDir::cleanPath(value) : QString();
}

QString own_home() {
  const QString value = qEnvironmentVariable("DIPTYCH_HOME");
  return value.isEmpty() ? value : QDir::cleanPath(QDir(value).absolutePath());
}

QString below_xdg(const char* variable, const char* below_home) {
  const QString base = absolute_variable(variable);
  return (base.isEmpty() ? QDir::homePath() + '/' + QLatin1String(below_home) : base) + QStringLiteral("/diptych");
}

}  // namespace

QString data_dir() {
  const QString own = own_home();
  return own.isEmpty() ? below_xdg("XDG_DATA_HOME", ".local/share") : own;
}

QString config_dir() {
  const QString own = own_home();
  return own.isEmpty() ? below_xdg("XDG_CONFIG_HOME", ".config") : own + QStringLiteral("/config");
}

QString models_dir() {
  const QString own = absolute_variable("DIPTYCH_MODELS");
  return own.isEmpty() ? data_dir() + QStringLiteral("/models") : own;
}

}  // namespace diptych::ui
