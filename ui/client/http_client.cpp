#include "ui/client/http_client.h"

#include <QNetworkProxy>
#include <QNetworkReply>

#include "engine/api/version.h"
#include "ui/client/text.h"

namespace diptych::ui {
namespace {

constexpr int timeout_ms = 60'000;  // a prediction of memory runs the model's code on the meta device

}  // namespace

Reply read_reply(int status, const QByteArray& body, const QString& network_error, const QUrl& url) {
  Reply reply;
  reply.status = status;
  const std::string text = body.toStdString();
  if (status == 0) {
    reply.error = api::make_error("unavailable", "the engine does not answer", url.toString().toStdString(),
                                  utf8(network_error), "it is started again by itself; try again in a moment");
  } else if (status >= 400) {
    reply.error = api::read_error(text, status);
  } else if (auto json = api::parse(text)) {
    reply.json = std::move(*json);
  } else if (!text.empty()) {
    reply.error = api::make_error("unavailable", "the answer cannot be read", url.toString().toStdString(),
                                  "it is not JSON", "check that the address is that of a Diptych host");
  }
  return reply;
}

QString escaped(const QString& part) {
  return QString::fromLatin1(QUrl::toPercentEncoding(part));
}

HttpClient::HttpClient(QObject* parent) : QObject(parent) {
  manager_.setProxy(QNetworkProxy::NoProxy);  // a host is this machine or one the user named
  manager_.setAutoDeleteReplies(true);
}

void HttpClient::set_host(const QUrl& url, const QByteArray& token) {
  url_ = url;
  token_ = token;
}

void HttpClient::drop_connections() {
  manager_.clearConnectionCache();
}

QNetworkRequest HttpClient::request(const QString& path) const {
  QNetworkRequest request{QUrl(url_.toString(QUrl::StripTrailingSlash) + path)};
  request.setRawHeader("Authorization", "Bearer " + token_);
  request.setRawHeader(api::protocol_header, api::protocol);
  request.setAttribute(QNetworkRequest::RedirectPolicyAttribute, QNetworkRequest::ManualRedirectPolicy);
  return request;
}

namespace {

// A connection that broke inside the body has a status, but no answer.
int status_of(QNetworkReply* reply) {
  const int status = reply->attribute(QNetworkRequest::HttpStatusCodeAttribute).toInt();
  return status > 0 && status < 400 && reply->error() != QNetworkReply::NoError ? 0 : status;
}

}  // namespace

void HttpClient::send(const char* method, const QString& path, const api::Json& body, QObject* context, Done done) {
  const bool empty = body.is_null();
  send(method, path, empty ? QByteArray() : QByteArrayLiteral("application/json"),
       empty ? QByteArray() : QByteArray::fromStdString(api::dump(body)), context, std::move(done));
}

void HttpClient::send(const char* method, const QString& path, const QByteArray& type, const QByteArray& bytes,
                      QObject* context, Done done) {
  QNetworkRequest request = this->request(path);
  request.setTransferTimeout(timeout_ms);
  if (!type.isEmpty()) request.setHeader(QNetworkRequest::ContentTypeHeader, type);
  QNetworkReply* reply = manager_.sendCustomRequest(request, method, bytes);
  connect(reply, &QNetworkReply::finished, context, [reply, done = std::move(done)] {
    done(read_reply(status_of(reply), reply->readAll(), reply->errorString(), reply->url()));
  });
}

void HttpClient::download(const QString& path, QObject* context, Done done) {
  QNetworkRequest request = this->request(path);
  request.setTransferTimeout(timeout_ms);
  QNetworkReply* reply = manager_.get(request);
  connect(reply, &QNetworkReply::finished, context, [reply, done = std::move(done)] {
    const int status = status_of(reply);
    if (status == 0 || status >= 400)
      return done(read_reply(status, reply->readAll(), reply->errorString(), reply->url()));
    Reply result;
    result.status = status;
    result.bytes = reply->readAll();
    done(result);
  });
}

}  // namespace diptych::ui
