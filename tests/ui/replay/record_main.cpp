// Records a stream of server-sent events with the time of each piece, for ReplayServer:
//   record-stream URL [TOKEN_FILE] > answer.recording
#include <QCoreApplication>
#include <QElapsedTimer>
#include <QFile>
#include <QNetworkAccessManager>
#include <QNetworkReply>
#include <cstdio>

#include "tests/ui/replay/recording.h"

int main(int argc, char** argv) {
  QCoreApplication app(argc, argv);
  const QStringList arguments = app.arguments();
  if (arguments.size() < 2) {
    std::fputs("usage: record-stream URL [TOKEN_FILE] > FILE\n", stderr);
    return 2;
  }
  QNetworkRequest request{QUrl(arguments[1])};
  request.setRawHeader("Accept", "text/event-stream");
  if (arguments.size() > 2) {
    QFile token(arguments[2]);
    if (!token.open(QIODevice::ReadOnly)) {
      std::fprintf(stderr, "record-stream: %s: %s\n", qPrintable(arguments[2]), qPrintable(token.errorString()));
      return 1;
    }
    request.setRawHeader("Authorization", "Bearer " + token.readAll().trimmed());
  }
  QNetworkAccessManager network;
  QList<diptych::replay::Piece> pieces;
  QElapsedTimer clock;
  clock.start();
  QNetworkReply* reply = network.get(request);
  QObject::connect(reply, &QNetworkReply::readyRead, &app, [&] {
    pieces.append({static_cast<double>(clock.nsecsElapsed()) / 1e6, reply->readAll()});
  });
  QObject::connect(reply, &QNetworkReply::finished, &app, [&] {
    const bool failed = reply->error() != QNetworkReply::NoError;
    if (failed) std::fprintf(stderr, "record-stream: %s\n", qPrintable(reply->errorString()));
    const QByteArray file = diptych::replay::write_recording(pieces);
    std::fwrite(file.constData(), 1, static_cast<size_t>(file.size()), stdout);
    QCoreApplication::exit(failed ? 1 : 0);
  });
  return QCoreApplication::exec();
}
