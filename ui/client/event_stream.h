// One stream of server-sent events that stays open: after a break it asks for what it missed, waiting longer each time.
#pragma once

#include <QElapsedTimer>
#include <QObject>
#include <QTimer>

#include "engine/api/sse.h"
#include "ui/client/http_client.h"

class QNetworkReply;

namespace diptych::ui {

class EventStream : public QObject {
  Q_OBJECT

 public:
  static constexpr int first_wait_ms = 100;
  static constexpr int longest_wait_ms = 5000;
  static constexpr int silence_ms = 45'000;  // the host sends a comment every 15 s

  explicit EventStream(HttpClient* client, QObject* parent = nullptr);  // `client` must outlive it
  ~EventStream() override;

  // Follows `path`, from after the event `last_id` (empty: from now). Ends what was followed before.
  void open(const QString& path, const QString& last_id = {});
  void close();
  void reconnect();  // at once: the host is known to be there (again)
  bool wanted() const { return !path_.isEmpty(); }
  bool connected() const { return connected_; }
  const QString& last_id() const { return last_id_; }

 signals:
  void opened();                                                       // each time a connection stands
  void received(const QString& type, const diptych::api::Json& data);  // in order, each once
  void broken(const QString& reason);                                  // the connection ended; another is tried
  void refused(int status, const diptych::api::ErrorInfo& error);      // the host said no; nothing more is tried

 private:
  void connect_now();
  void read();
  void ended();
  void drop();

  HttpClient* client_;
  QNetworkAccessManager manager_;  // of its own: the shared one opens six connections at most
  QNetworkReply* reply_ = nullptr;
  api::SseParser parser_;
  QString path_, last_id_;
  QTimer wait_, silence_;
  int next_wait_ms_ = first_wait_ms;
  bool connected_ = false;
};

}  // namespace diptych::ui
