// A small HTTP server on loopback in a thread of its own: canned answers and recorded streams at their pace, so that
// what is measured in the UI thread is the client's and the window's work alone.
#pragma once

#include <QMutex>
#include <QObject>
#include <QThread>
#include <functional>

#include "tests/ui/replay/recording.h"

class QTcpServer;
class QTcpSocket;

namespace diptych::replay {

struct Request {
  QByteArray method, path;  // path with its query
  QByteArray body;
  QByteArray last_event_id, authorization;  // headers
};

struct Response {
  int status = 200;
  QByteArray content_type = "application/json";
  QByteArray body;
  QList<Piece> stream;      // not empty: sent instead of `body`, as server-sent events
  bool stays_open = false;  // the stream does not end with its last piece
  bool breaks = false;      // the connection is cut where the stream ends, or instead of an answer
};

class ReplayServer : public QObject {
  Q_OBJECT

 public:
  using Handler = std::function<Response(const Request&)>;  // called in the server's thread

  explicit ReplayServer(Handler handler);
  ~ReplayServer() override;

  quint16 port() const { return port_; }
  QList<QByteArray> requests() const;  // "GET /path" of all so far

 private:
  void listen();
  void read(QTcpSocket* socket);
  void answer(QTcpSocket* socket, const Request& request);
  void stream(QTcpSocket* socket, const Response& response);

  Handler handler_;
  QThread thread_;
  QTcpServer* server_ = nullptr;
  quint16 port_ = 0;
  mutable QMutex mutex_;
  QList<QByteArray> requests_;
};

}  // namespace diptych::replay
