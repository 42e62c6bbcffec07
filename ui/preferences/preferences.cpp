#include "ui/preferences/preferences.h"

#include <QStringList>

namespace diptych::ui {
Preferences::Preferences(const QString& file, QObject* parent)
    : QObject(parent), settings_(file, QSettings::IniFormat) {}

QString Preferences::theme() const {
  const QString stored = settings_.value(QStringLiteral("theme")).toString();
  return QStringList{"light", "dark"}.contains(stored) ? stored : QStringLiteral("system");
}
void Preferences::set_theme(const QString& theme) {
  set(QStringLiteral("theme"), theme);
}

bool Preferences::enter_sends() const {
  return settings_.value(QStringLiteral("enter_sends"), true).toBool();
}
void Preferences::set_enter_sends(bool sends) {
  set(QStringLiteral("enter_sends"), sends);
}

QVariant Preferences::state(const QString& key, const QVariant& fallback) const {
  return settings_.value(QStringLiteral("state/") + key, fallback);
}
void Preferences::set_state(const QString& key, const QVariant& value) {
  settings_.setValue(QStringLiteral("state/") + key, value);
}

void Preferences::set(const QString& key, const QVariant& value) {
  if (settings_.value(key) == value) return;
  settings_.setValue(key, value);
  emit changed();
}

}  // namespace diptych::ui
