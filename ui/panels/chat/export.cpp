#include "ui/panels/chat/export.h"

#include <QCoreApplication>
#include <QSaveFile>

namespace diptych::chat {

QString to_markdown(const QString& title, const QString& system_prompt, const ThreadModel& thread) {
  const auto tr = [](const char* text) { return QCoreApplication::translate("Export", text); };
  QString text = QStringLiteral("# ") + title + QStringLiteral("\n\n");
  if (!system_prompt.trimmed().isEmpty()) {
    QString quoted = system_prompt.trimmed();
    text += QStringLiteral("> ") + quoted.replace(QLatin1Char('\n'), QStringLiteral("\n> ")) + QStringLiteral("\n\n");
  }
  for (int row = 0; row < thread.rowCount(); ++row) {
    const Message& message = *thread.message(row);
    const bool user = message.role == Role::user;
    const QString author = user ? tr("You") : message.model.isEmpty() ? tr("Answer") : message.model;
    text += QStringLiteral("## ") + author + QStringLiteral("\n\n") + message.text.trimmed() + QStringLiteral("\n\n");
  }
  return text.trimmed() + QLatin1Char('\n');
}

QString file_name_for(const QString& title) {
  QString name;
  for (const QChar c : title.simplified())
    name += c.isLetterOrNumber() || QStringLiteral(" -_").contains(c) ? c : QLatin1Char('-');
  name = name.left(80).trimmed();
  return (name.isEmpty() ? QStringLiteral("conversation") : name) + QStringLiteral(".md");
}

QString write_file(const QString& path, const QString& text) {
  QSaveFile file(path);
  const QByteArray bytes = text.toUtf8();
  if (!file.open(QIODevice::WriteOnly) || file.write(bytes) != bytes.size() || !file.commit())
    return file.errorString();
  return {};
}

}  // namespace diptych::chat
