#include "app/window/single_instance.h"

#include <QCryptographicHash>
#include <QJsonDocument>
#include <QJsonObject>
#include <QLocalSocket>

namespace diptych::window {
namespace {

constexpr int patience_ms = 2000;
constexpr qint64 most_bytes = 64 * 1024;

// In the user's own runtime folder where there is one; elsewhere the name and the socket's rights keep others out.
QString socket_name(const QString& key) {
  const QByteArray hash = QCryptographicHash::hash(key.toUtf8(), QCryptographicHash::Sha256).toHex().left(16);
  const QString name = QStringLiteral("diptych-window-") + QString::fromLatin1(hash);
  const QString runtime = qEnvironmentVariable("XDG_RUNTIME_DIR");
  return runtime.startsWith('/') ? runtime + '/' + name : name;
}

}  // namespace

SingleInstance::SingleInstance(const QString& key, QObject* parent) : QObject(parent), name_(socket_name(key)) {
  server_.setSocketOptions(QLocalServer::UserAccessOption);
  connect(&server_, &QLocalServer::newConnection, this, [this] {
    while (QLocalSocket* socket = server_.nextPendingConnection()) {
      connect(socket, &QLocalSocket::disconnected, socket, &QObject::deleteLater);
      connect(socket, &QLocalSocket::readyRead, this, [this, socket] {
        if (socket->bytesAvailable() > most_bytes) return socket->abort();
        if (!socket->canReadLine()) return;
        const QJsonObject wish = QJsonDocument::fromJson(socket->readLine()).object();
        socket->write("ok\n");
        socket->disconnectFromServer();
        emit asked(wish.value(QStringLiteral("model")).toString());
      });
    }
  });
}

bool SingleInstance::hand_over(const QString& model) const {
  QLocalSocket socket;
  socket.connectToServer(name_);
  if (!socket.waitForConnected(patience_ms)) return false;
  socket.write(QJsonDocument(QJsonObject{{"model", model}}).toJson(QJsonDocument::Compact) + '\n');
  socket.flush();
  return socket.waitForReadyRead(patience_ms) && socket.readAll() == "ok\n";
}

void SingleInstance::listen() {
  QLocalServer::removeServer(name_);  // nobody answered: the socket of one that died
  server_.listen(name_);
}

}  // namespace diptych::window
