#include "tests/ui/replay/replay_server.h"

#include <QElapsedTimer>
#include <QHostAddress>
#include <QMutexLocker>
#include <QTcpServer>
#include <QTcpSocket>
#include <QTimer>
#include <algorithm>
#include <cmath>
#include <memory>

namespace diptych::replay {

ReplayServer::ReplayServer(Handler handler) : handler_(std::move(handler)) {
  moveToThread(&thread_);
  thread_.start();
  QMetaObject::invokeMethod(this, &ReplayServer::listen, Qt::BlockingQueuedConnection);
}

ReplayServer::~ReplayServer() {
  QMetaObject::invokeMethod(
      this, [this] { delete server_; }, Qt::BlockingQueuedConnection);
  thread_.quit();
  thread_.wait();
}

void ReplayServer::listen() {
  server_ = new QTcpServer;
  server_->listen(QHostAddress::LocalHost);
  port_ = server_->serverPort();
  connect(server_, &QTcpServer::newConnection, this, [this] {
    while (QTcpSocket* socket = server_->nextPendingConnection()) {
      connect(socket, &QTcpSocket::readyRead, this, [this, socket] { read(socket); });
      connect(socket, &QTcpSocket::disconnected, socket, &QObject::deleteLater);
    }
  });
}

QList<QByteArray> ReplayServer::requests() const {
  const QMutexLocker lock(&mutex_);
  return requests_;
}

void ReplayServer::read(QTcpSocket* socket) {
  QByteArray data = socket->property("data").toByteArray() + socket->readAll();
  for (qsizetype end; (end = data.indexOf("\r\n\r\n")) >= 0;) {
    const QList<QByteArray> lines = data.first(end).split('\n');
    qsizetype length = 0;
    const auto header = [&lines](const QByteArray& name) {
      for (const QByteArray& line : lines)
        if (line.toLower().startsWith(name + ':')) return line.mid(name.size() + 1).trimmed();
      return QByteArray();
    };
    length = header("content-length").toLongLong();
    if (data.size() < end + 4 + length) break;
    const QList<QByteArray> first = lines[0].trimmed().split(' ');
    const Request request{first.value(0), first.value(1), data.mid(end + 4, length), header("last-event-id"),
                          header("authorization")};
    data.remove(0, end + 4 + length);
    {
      const QMutexLocker lock(&mutex_);
      requests_ << request.method + ' ' + request.path;
    }
    answer(socket, request);
  }
  socket->setProperty("data", data);
}

void ReplayServer::answer(QTcpSocket* socket, const Request& request) {
  const Response response = handler_(request);
  if (response.breaks && response.stream.isEmpty()) {
    socket->abort();
    return;
  }
  QByteArray head =
      "HTTP/1.1 " + QByteArray::number(response.status) + (response.status < 400 ? " OK" : " Error") +
      "\r\nContent-Type: " + (response.stream.isEmpty() ? response.content_type : QByteArray("text/event-stream")) +
      "\r\n";
  if (response.stream.isEmpty()) {
    socket->write(head + "Content-Length: " + QByteArray::number(response.body.size()) + "\r\n\r\n" + response.body);
    return;
  }
  socket->write(head + "Transfer-Encoding: chunked\r\n\r\n");
  stream(socket, response);
}

void ReplayServer::stream(QTcpSocket* socket, const Response& response) {
  const QList<Piece> pieces = response.stream;
  const bool stays_open = response.stays_open, breaks = response.breaks;
  auto* timer = new QTimer(socket);
  timer->setTimerType(Qt::PreciseTimer);
  timer->setSingleShot(true);
  auto clock = std::make_shared<QElapsedTimer>();
  auto sent = std::make_shared<qsizetype>(0);
  clock->start();
  connect(timer, &QTimer::timeout, socket, [=] {
    const auto now_ms = [&] { return static_cast<double>(clock->nsecsElapsed()) / 1e6; };
    for (; *sent < pieces.size() && pieces[*sent].at_ms <= now_ms(); ++*sent) {
      const QByteArray& bytes = pieces[*sent].bytes;
      socket->write(QByteArray::number(bytes.size(), 16) + "\r\n" + bytes + "\r\n");
    }
    if (*sent < pieces.size()) {  // sleeps until then: a server that polls would be measured with the window
      timer->start(std::max(1, static_cast<int>(std::ceil(pieces[*sent].at_ms - now_ms()))));
      return;
    }
    timer->deleteLater();
    if (breaks)
      socket->disconnectFromHost();
    else if (!stays_open)
      socket->write("0\r\n\r\n");
  });
  timer->start(0);
}

}  // namespace diptych::replay
