#include "ui/client/host_process.h"

#include <QDir>
#include <QFile>
#include <QFileInfo>
#include <QProcess>

#include "ui/preferences/paths.h"

namespace diptych::ui {

HostProcess::HostProcess(QString program, QObject* parent) : QObject(parent), program_(std::move(program)) {
  poll_.setInterval(poll_ms);
  connect(&poll_, &QTimer::timeout, this, &HostProcess::poll);
}

QString HostProcess::log_path() const {
  return data_dir() + QStringLiteral("/host.log");
}

void HostProcess::start() {
  if (starting()) return;
  if (!QFileInfo(program_).isExecutable()) {
    emit failed(tr("%1 is not there; build or install Diptych again").arg(program_));
    return;
  }
  QDir().mkpath(data_dir());
  QFile::remove(log_path());
  QProcess process;
  process.setProgram(program_);
  process.setArguments({QStringLiteral("serve")});
  process.setWorkingDirectory(data_dir());
  process.setStandardInputFile(QProcess::nullDevice());
  // The host's folders are ours, wherever it works: a relative DIPTYCH_HOME would lead elsewhere from there.
  QProcessEnvironment environment = QProcessEnvironment::systemEnvironment();
  if (!environment.value(QStringLiteral("DIPTYCH_HOME")).isEmpty())
    environment.insert(QStringLiteral("DIPTYCH_HOME"), data_dir());
  process.setProcessEnvironment(environment);
  process.setStandardOutputFile(log_path(), QIODevice::Append);
  process.setStandardErrorFile(log_path(), QIODevice::Append);
  if (!process.startDetached(&pid_)) {
    emit failed(process.errorString());
    return;
  }
  clock_.start();
  poll_.start();
}

void HostProcess::poll() {
  const auto file = read_host_file(host_file_path());
  // Another host may have won the race for the lock: whoever holds it is the one.
  if (file && process_exists(file->pid) && !read_token(file->token_file).isEmpty() &&
      (file->pid == pid_ || !process_exists(pid_))) {
    poll_.stop();
    emit started(*file);
    return;
  }
  const bool gone = !process_exists(pid_);
  if (!gone && clock_.elapsed() < patience_ms) return;
  poll_.stop();
  emit failed(gone ? last_words() : tr("it did not get ready within %1 s").arg(patience_ms / 1000));
}

QString HostProcess::last_words() const {
  QFile log(log_path());
  if (log.open(QIODevice::ReadOnly)) {
    log.seek(std::max<qint64>(0, log.size() - 4096));
    const QStringList lines = QString::fromUtf8(log.readAll()).trimmed().split('\n');
    if (!lines.last().isEmpty()) return lines.last();
  }
  return tr("it ended at once");
}

}  // namespace diptych::ui
