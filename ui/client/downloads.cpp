#include "ui/client/downloads.h"

#include "ui/client/text.h"

namespace diptych::ui {

Downloads::Downloads(HostLink* link, QObject* parent) : QObject(parent), link_(link) {}

void Downloads::get(const QString& name) {
  if (running(name)) return;
  link_->http()->post(QStringLiteral("/api/models/get"), {{"model", utf8(name)}}, this,
                      [this, name](const Reply& reply) {
                        if (!reply.ok()) {
                          emit ended(name, false, qt(reply.error->message));
                          return;
                        }
                        try {
                          std::string job;
                          api::FieldReader reader(reply.json, "");
                          reader("job", job);
                          follow(name, qt(job));
                        } catch (const api::FieldError& error) {
                          emit ended(name, false, QString::fromUtf8(error.what()));
                        }
                      });
}

void Downloads::follow(const QString& name, const QString& job) {
  if (job.isEmpty() || running(name)) return;
  auto* events = new EventStream(link_->http(), this);
  jobs_.insert(name, {job, events});
  connect(events, &EventStream::received, this, [this, name](const QString& type, const api::Json& data) {
    try {
      if (type == QLatin1String("progress")) {
        emit progressed(name, api::from_json<api::JobProgress>(data));
      } else if (type == QLatin1String("state")) {
        api::JobState state{};
        std::optional<api::ErrorInfo> error;
        api::FieldReader reader(data, "");
        reader("state", state);
        reader("error", error);
        if (!api::ended(state)) return;
        const bool silent = state == api::JobState::done || state == api::JobState::cancelled;
        finish(name, state == api::JobState::done,
               silent  ? QString()
               : error ? qt(error->message)
                       : tr("It was interrupted; get it again to go on"));
      }
    } catch (const api::FieldError&) {
      // One event less; the next has the whole figures again.
    }
  });
  connect(events, &EventStream::refused, this,
          [this, name](int, const api::ErrorInfo& error) { finish(name, false, qt(error.message)); });
  events->open(QStringLiteral("/api/jobs/%1/events").arg(escaped(job)), QStringLiteral("0"));
}

void Downloads::finish(const QString& name, bool done, const QString& error) {
  const Job job = jobs_.take(name);
  if (!job.events) return;
  job.events->close();
  job.events->deleteLater();
  emit ended(name, done, error);
}

void Downloads::cancel(const QString& name) {
  const auto found = jobs_.constFind(name);
  if (found == jobs_.cend()) return;
  link_->http()->post(QStringLiteral("/api/jobs/%1/cancel").arg(escaped(found->id)), api::Json::object(), this,
                      [this, name](const Reply& reply) {
                        if (!reply.ok()) finish(name, false, qt(reply.error->message));
                      });
}

}  // namespace diptych::ui
