#include "ui/theme/system_scheme.h"

#include <QDBusConnection>
#include <QDBusMessage>
#include <QDBusPendingCallWatcher>
#include <QDBusPendingReply>
#include <QDBusVariant>
#include <QGuiApplication>
#include <QPalette>
#include <QStyle>
#include <QStyleFactory>

namespace diptych::ui {
namespace {

const QString service = QStringLiteral("org.freedesktop.portal.Desktop");
const QString path = QStringLiteral("/org/freedesktop/portal/desktop");
const QString settings = QStringLiteral("org.freedesktop.portal.Settings");
const QString appearance = QStringLiteral("org.freedesktop.appearance");
const QString gnome_interface = QStringLiteral("org.gnome.desktop.interface");
const QString color_scheme = QStringLiteral("color-scheme");
const QString animations = QStringLiteral("enable-animations");

// Read() wraps its answer twice.
QVariant unwrap(QVariant value) {
  while (value.canConvert<QDBusVariant>()) value = value.value<QDBusVariant>().variant();
  return value;
}

bool platform_is_dark() {
  return QGuiApplication::palette().color(QPalette::Window).lightness() < 128;
}

}  // namespace

SystemScheme::SystemScheme(QObject* parent) : QObject(parent), platform_dark_(platform_is_dark()) {
  // Without a session bus Qt would try to start one, which takes seconds.
  if (!qEnvironmentVariableIsSet("DBUS_SESSION_BUS_ADDRESS")) return;
  QDBusConnection bus = QDBusConnection::sessionBus();
  if (!bus.isConnected()) return;
  bus.connect(service, path, settings, QStringLiteral("SettingChanged"), this,
              SLOT(setting_changed(QString, QString, QDBusVariant)));
  ask(appearance, color_scheme);
  ask(gnome_interface, animations);
}

bool SystemScheme::dark() const {
  return portal_dark_.value_or(platform_dark_);
}

void SystemScheme::platform_palette_changed() {
  const bool before = dark();
  platform_dark_ = platform_is_dark();
  if (dark() != before) emit changed();
}

void SystemScheme::ask(const QString& space, const QString& key) {
  QDBusMessage call = QDBusMessage::createMethodCall(service, path, settings, QStringLiteral("Read"));
  call << space << key;
  auto* watcher = new QDBusPendingCallWatcher(QDBusConnection::sessionBus().asyncCall(call, 1000), this);
  connect(watcher, &QDBusPendingCallWatcher::finished, this, [this, space, key](QDBusPendingCallWatcher* done) {
    const QDBusPendingReply<QDBusVariant> reply = *done;
    if (!reply.isError()) take(space, key, reply.value().variant());
    done->deleteLater();
  });
}

void SystemScheme::setting_changed(const QString& space, const QString& key, const QDBusVariant& value) {
  take(space, key, value.variant());
}

void SystemScheme::take(const QString& space, const QString& key, const QVariant& value) {
  const QVariant plain = unwrap(value);
  const bool dark_before = dark();
  const bool motion_before = reduced_motion_;
  if (space == appearance && key == color_scheme) {
    const uint preference = plain.toUInt();  // 0 none, 1 dark, 2 light
    portal_dark_ = preference == 0 ? std::nullopt : std::optional<bool>(preference == 1);
  } else if (space == gnome_interface && key == animations) {
    reduced_motion_ = !plain.toBool();
  }
  if (dark() != dark_before || reduced_motion_ != motion_before) emit changed();
}

}  // namespace diptych::ui
