#include "ui/client/host_file.h"

#include <signal.h>

#include <QFile>
#include <QJsonDocument>
#include <QJsonObject>
#include <cerrno>

#include "ui/preferences/paths.h"

namespace diptych::ui {
namespace {

constexpr qint64 most_bytes = 64 * 1024;

}  // namespace

QString host_file_path() {
  return data_dir() + QStringLiteral("/host.lock");
}

std::optional<HostFile> read_host_file(const QString& path) {
  QFile file(path);
  if (!file.open(QIODevice::ReadOnly)) return std::nullopt;
  const QJsonObject json = QJsonDocument::fromJson(file.read(most_bytes)).object();
  HostFile host;
  host.pid = json.value(QStringLiteral("pid")).toInteger();
  const int port = json.value(QStringLiteral("port")).toInt();
  host.protocol = json.value(QStringLiteral("protocol")).toString();
  host.token_file = json.value(QStringLiteral("token_file")).toString();
  if (host.pid <= 0 || port <= 0 || port > 65535 || host.token_file.isEmpty()) return std::nullopt;
  QString name = json.value(QStringLiteral("host")).toString(QStringLiteral("127.0.0.1"));
  if (name == QLatin1String("0.0.0.0")) name = QStringLiteral("127.0.0.1");  // every address: ours is the nearest
  if (name == QLatin1String("::")) name = QStringLiteral("::1");
  host.url.setScheme(QStringLiteral("http"));
  host.url.setHost(name);
  host.url.setPort(port);
  return host;
}

bool process_exists(qint64 pid) {
  if (pid <= 0 || (::kill(static_cast<pid_t>(pid), 0) != 0 && errno != EPERM)) return false;
  // In a container nobody may collect the dead: "1234 (name) Z …".
  QFile file(QStringLiteral("/proc/%1/stat").arg(pid));
  if (!file.open(QIODevice::ReadOnly)) return true;
  const QByteArray stat = file.readAll();
  const char state = stat.mid(stat.lastIndexOf(')') + 1).trimmed().left(1).append('\0')[0];
  return state != 'Z' && state != 'X';
}

QByteArray read_token(const QString& path) {
  QFile file(path);
  return file.open(QIODevice::ReadOnly) ? file.read(4096).trimmed() : QByteArray();
}

}  // namespace diptych::ui
