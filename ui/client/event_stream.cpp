#include "ui/client/event_stream.h"

#include <QNetworkProxy>
#include <QNetworkReply>
#include <QPointer>
#include <algorithm>
#include <utility>

#include "ui/client/text.h"

namespace diptych::ui {

EventStream::EventStream(HttpClient* client, QObject* parent) : QObject(parent), client_(client) {
  manager_.setProxy(QNetworkProxy::NoProxy);
  wait_.setSingleShot(true);
  connect(&wait_, &QTimer::timeout, this, &EventStream::connect_now);
  silence_.setSingleShot(true);
  silence_.setInterval(silence_ms);
  connect(&silence_, &QTimer::timeout, this, [this] {
    if (reply_) reply_->abort();  // ended() tries again
  });
}

EventStream::~EventStream() {
  close();
}

void EventStream::open(const QString& path, const QString& last_id) {
  close();
  path_ = path;
  last_id_ = last_id;
  next_wait_ms_ = first_wait_ms;
  connect_now();
}

void EventStream::close() {
  path_.clear();
  wait_.stop();
  drop();
}

void EventStream::reconnect() {
  if (!wanted()) return;
  drop();
  next_wait_ms_ = first_wait_ms;
  connect_now();
}

void EventStream::drop() {
  silence_.stop();
  connected_ = false;
  if (QNetworkReply* old = std::exchange(reply_, nullptr)) {
    old->disconnect(this);
    old->abort();
    old->deleteLater();
  }
}

void EventStream::connect_now() {
  wait_.stop();
  drop();
  parser_ = {};
  QNetworkRequest request = client_->request(path_);
  request.setRawHeader("Accept", "text/event-stream");
  request.setRawHeader("Cache-Control", "no-store");
  if (!last_id_.isEmpty()) request.setRawHeader("Last-Event-ID", last_id_.toUtf8());
  reply_ = manager_.get(request);
  connect(reply_, &QNetworkReply::readyRead, this, &EventStream::read);
  connect(reply_, &QNetworkReply::finished, this, &EventStream::ended);
  silence_.start();
}

void EventStream::read() {
  const int status = reply_->attribute(QNetworkRequest::HttpStatusCodeAttribute).toInt();
  if (status != 200) return;  // ended() reads the error
  silence_.start();
  if (!std::exchange(connected_, true)) {
    next_wait_ms_ = first_wait_ms;
    emit opened();
    if (!reply_) return;
  }
  const QByteArray bytes = reply_->readAll();
  const QNetworkReply* reading = reply_;
  for (const api::SseEvent& one : parser_.feed({bytes.constData(), static_cast<size_t>(bytes.size())})) {
    if (!one.id.empty()) last_id_ = qt(one.id);
    const auto json = api::parse(one.data);
    emit received(qt(one.type), json ? *json : api::Json());
    if (reply_ != reading) return;  // whoever listened opened another stream
  }
  if (!parser_.last_id().empty()) last_id_ = qt(parser_.last_id());
}

void EventStream::ended() {
  QNetworkReply* old = reply_;
  const int status = old->attribute(QNetworkRequest::HttpStatusCodeAttribute).toInt();
  const QString reason = old->errorString();
  const QByteArray body = status >= 400 ? old->readAll() : QByteArray();
  drop();
  if (status >= 400 && status < 500) {
    const Reply reply = read_reply(status, body, reason, old->url());
    path_.clear();
    emit refused(status, *reply.error);
    return;
  }
  wait_.start(next_wait_ms_);
  next_wait_ms_ = std::min(2 * next_wait_ms_, longest_wait_ms);
  emit broken(reason);
}

}  // namespace diptych::ui
