// What a running host leaves in the data folder for its clients.
#pragma once

#include <QByteArray>
#include <QString>
#include <QUrl>
#include <optional>

namespace diptych::ui {

struct HostFile {  // host.lock; see engine/api/README.md
  qint64 pid = 0;
  QUrl url;
  QString protocol;
  QString token_file;
};

QString host_file_path();  // in the data folder
std::optional<HostFile> read_host_file(const QString& path);
bool process_exists(qint64 pid);
QByteArray read_token(const QString& path);  // empty: it cannot be read

}  // namespace diptych::ui
