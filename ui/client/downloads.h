// Fetching models of the catalogue: starts the host's job, follows its progress, cancels it.
#pragma once

#include <QHash>
#include <QObject>
#include <optional>

#include "engine/api/job.h"
#include "ui/client/event_stream.h"
#include "ui/client/host_link.h"

namespace diptych::ui {

class Downloads : public QObject {
  Q_OBJECT

 public:
  explicit Downloads(HostLink* link, QObject* parent = nullptr);  // `link` must outlive it

  void get(const QString& name);
  void follow(const QString& name, const QString& job);  // one that runs already
  void cancel(const QString& name);
  bool running(const QString& name) const { return jobs_.contains(name); }

 signals:
  void progressed(const QString& name, const diptych::api::JobProgress& progress);
  void ended(const QString& name, bool done, const QString& error);  // no error: cancelled

 private:
  struct Job {
    QString id;
    EventStream* events = nullptr;
  };
  void finish(const QString& name, bool done, const QString& error);

  HostLink* link_;
  QHash<QString, Job> jobs_;
};

}  // namespace diptych::ui
