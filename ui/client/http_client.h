// JSON requests to the host, and pictures as they are. Every call returns at once; the answer comes to `done` in the UI
// thread, unless `context` has gone by then.
#pragma once

#include <QNetworkAccessManager>
#include <QObject>
#include <QUrl>
#include <functional>
#include <optional>

#include "engine/api/error.h"

namespace diptych::ui {

struct Reply {
  int status = 0;    // 0: no answer at all
  api::Json json;    // null where the body is none
  QByteArray bytes;  // of download(), in place of json
  std::optional<api::ErrorInfo> error;

  bool ok() const { return !error.has_value(); }
  bool unreachable() const { return status == 0; }
};

class HttpClient : public QObject {
  Q_OBJECT

 public:
  using Done = std::function<void(const Reply&)>;

  explicit HttpClient(QObject* parent = nullptr);

  void set_host(const QUrl& url, const QByteArray& token);
  const QUrl& url() const { return url_; }
  QNetworkRequest request(const QString& path) const;  // `path` with its query

  void get(const QString& path, QObject* context, Done done) { send("GET", path, nullptr, context, std::move(done)); }
  void post(const QString& path, const api::Json& body, QObject* context, Done done) {
    send("POST", path, body, context, std::move(done));
  }
  void put(const QString& path, const api::Json& body, QObject* context, Done done) {
    send("PUT", path, body, context, std::move(done));
  }
  void patch(const QString& path, const api::Json& body, QObject* context, Done done) {
    send("PATCH", path, body, context, std::move(done));
  }
  void upload(const QString& path, const QByteArray& type, const QByteArray& bytes, QObject* context, Done done) {
    send("POST", path, type, bytes, context, std::move(done));
  }
  void download(const QString& path, QObject* context, Done done);
  void drop_connections();  // those of a host that is gone

 private:
  void send(const char* method, const QString& path, const api::Json& body, QObject* context, Done done);
  void send(const char* method, const QString& path, const QByteArray& type, const QByteArray& bytes, QObject* context,
            Done done);

  QNetworkAccessManager manager_;
  QUrl url_;
  QByteArray token_;
};

// What of a finished reply is an answer, and what an error in four parts.
Reply read_reply(int status, const QByteArray& body, const QString& network_error, const QUrl& url);

// A path's variable part: an id may hold anything.
QString escaped(const QString& part);

}  // namespace diptych::ui
