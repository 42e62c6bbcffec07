#include "app/window/arguments.h"

#include <QCommandLineParser>
#include <QFileInfo>
#include <QRegularExpression>

namespace diptych::window {
namespace {

ParsedArguments wrong(const QString& why) {
  return {{}, 2, QStringLiteral("diptych-window: error: wrong usage: %1; see 'diptych-window --help'\n").arg(why)};
}

}  // namespace

ParsedArguments parse_arguments(const QStringList& command_line, const QString& version) {
  QCommandLineParser parser;
  parser.setApplicationDescription(QStringLiteral("The window of Diptych: images and text from local models."));
  const QCommandLineOption help({"h", "help"}, QStringLiteral("Say this."));
  const QCommandLineOption shown_version({"v", "version"}, QStringLiteral("Say the version."));
  const QCommandLineOption model("model", QStringLiteral("Load this model: a name or a path."), "NAME_OR_PATH");
  const QCommandLineOption host("host", QStringLiteral("Use the engine at this address instead of this computer's."),
                                "URL");
  const QCommandLineOption token("token-file", QStringLiteral("File with the token of --host."), "FILE");
  parser.addOptions({help, shown_version, model, host, token});
  parser.addPositionalArgument("FILE", QStringLiteral("A GGUF file or a model folder to load."), "[FILE]");
  if (!parser.parse(command_line)) {
    QString why = parser.errorText();
    while (why.endsWith('.')) why.chop(1);
    return wrong(why);
  }
  if (parser.isSet(help)) {
    static const QRegularExpression program(QStringLiteral("^Usage: \\S+"));  // Qt's idea of our name
    return {{}, 0, parser.helpText().replace(program, QStringLiteral("Usage: diptych-window"))};
  }
  if (parser.isSet(shown_version)) return {{}, 0, QStringLiteral("diptych-window %1\n").arg(version)};
  ParsedArguments result;
  const QStringList files = parser.positionalArguments();
  if (files.size() + (parser.isSet(model) ? 1 : 0) > 1) return wrong(QStringLiteral("more than one model is named"));
  result.arguments.model = files.isEmpty() ? parser.value(model) : files.first();
  // The window that is open, and the host, have other working folders.
  if (const QFileInfo file(result.arguments.model); !result.arguments.model.isEmpty() && file.exists())
    result.arguments.model = file.absoluteFilePath();
  else if (!files.isEmpty())
    return {{},
            1,
            QStringLiteral("diptych-window: error: cannot open the model: %1: there is no such file or folder; "
                           "check the path, or name a model with --model\n")
                .arg(files.first())};
  if (parser.isSet(host)) {
    const QString address = parser.value(host);
    const QUrl url = QUrl(address.contains("://") ? address : "http://" + address, QUrl::StrictMode);
    if (!url.isValid() || url.host().isEmpty() || !QStringList{"http", "https"}.contains(url.scheme()))
      return wrong(QStringLiteral("--host %1 is no address; write http://HOST:PORT").arg(address));
    if (!parser.isSet(token)) return wrong(QStringLiteral("--host needs --token-file"));
    result.arguments.host = ui::HostAddress{url, QFileInfo(parser.value(token)).absoluteFilePath()};
  } else if (parser.isSet(token)) {
    return wrong(QStringLiteral("--token-file needs --host"));
  }
  return result;
}

}  // namespace diptych::window
