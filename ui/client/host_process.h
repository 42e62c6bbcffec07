// Starts `diptych serve`, detached, and waits until it has written its lock file.
#pragma once

#include <QElapsedTimer>
#include <QObject>
#include <QTimer>

#include "ui/client/host_file.h"

namespace diptych::ui {

class HostProcess : public QObject {
  Q_OBJECT

 public:
  static constexpr int poll_ms = 25;
  static constexpr int patience_ms = 20'000;

  explicit HostProcess(QString program, QObject* parent = nullptr);  // path of `diptych`

  bool starting() const { return poll_.isActive(); }
  void start();
  QString log_path() const;  // what the host says on its standard output and error

 signals:
  void started(const diptych::ui::HostFile& file);
  void failed(const QString& why);  // the host's own words where it left some

 private:
  void poll();
  QString last_words() const;

  QString program_;
  QTimer poll_;
  QElapsedTimer clock_;
  qint64 pid_ = 0;
};

}  // namespace diptych::ui
