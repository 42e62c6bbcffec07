#include <QNetworkAccessManager>
#include <QNetworkReply>
#include <QtTest>

#include "tests/ui/replay/replay_server.h"

using namespace diptych::replay;

class ReplayTest : public QObject {
  Q_OBJECT

 private slots:
  void recordings_round_trip() {
    const QList<Piece> pieces{{0, "data: a\n\n"}, {12.5, "data: b\n"}, {13, "\n@1 2\n"}};
    QCOMPARE(read_recording(write_recording(pieces)), pieces);
    QCOMPARE(read_recording(write_recording(pieces).chopped(3)), QList<Piece>());
    QCOMPARE(read_recording("@x 5\n"), QList<Piece>());
  }

  void another_rate_keeps_the_bytes() {
    const QList<Piece> events = at_rate({{0, "data: a\n\ndata: "}, {70, "b\n\n"}}, 200);
    QCOMPARE(events, (QList<Piece>{{0, "data: a\n\n"}, {5, "data: b\n\n"}}));
  }

  void serves_bodies_and_streams_at_their_pace() {
    ReplayServer server([](const Request& request) {
      Response response;
      response.body = request.method + " " + request.body;
      if (request.path == "/stream") response.stream = {{0, "data: a\n\n"}, {120, "data: b\n\n"}};
      return response;
    });
    QNetworkAccessManager network;
    const QUrl url(QStringLiteral("http://127.0.0.1:%1").arg(server.port()));
    QNetworkReply* plain = network.post(QNetworkRequest(url.resolved(QUrl("/x"))), QByteArray("body"));
    QTRY_VERIFY(plain->isFinished());
    QCOMPARE(plain->readAll(), QByteArray("POST body"));
    QElapsedTimer clock;
    clock.start();
    QNetworkReply* stream = network.get(QNetworkRequest(url.resolved(QUrl("/stream"))));
    QTRY_VERIFY(stream->bytesAvailable() >= 9);
    QTRY_VERIFY(stream->isFinished());
    QVERIFY(clock.elapsed() >= 120);
    QCOMPARE(stream->readAll(), QByteArray("data: a\n\ndata: b\n\n"));
    QCOMPARE(server.requests(), (QList<QByteArray>{"POST /x", "GET /stream"}));
  }
};

QTEST_GUILESS_MAIN(ReplayTest)
#include "replay_test.moc"
