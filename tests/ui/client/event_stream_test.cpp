#include "ui/client/event_stream.h"

#include <QSignalSpy>
#include <QtTest>
#include <atomic>

#include "tests/ui/replay/replay_server.h"

using namespace diptych;
using namespace diptych::ui;
using replay::ReplayServer;
using replay::Request;
using replay::Response;

namespace {

QUrl url_of(const ReplayServer& server) {
  return QUrl(QStringLiteral("http://127.0.0.1:%1").arg(server.port()));
}

QByteArray numbered(int id) {
  return "id: " + QByteArray::number(id) + "\nevent: grew\ndata: {\"n\": " + QByteArray::number(id) + "}\n\n";
}

}  // namespace

class EventStreamTest : public QObject {
  Q_OBJECT

 private slots:
  // Cut inside an event, the stream asks for what comes after the last whole one: each event once, in order.
  void goes_on_after_a_break_without_a_gap() {
    std::atomic<int> connection = 0;
    QList<QByteArray> asked;
    QMutex mutex;
    ReplayServer server([&](const Request& request) {
      const QMutexLocker lock(&mutex);
      asked << request.last_event_id;
      Response response;
      if (connection++ == 0) {
        response.stream = {{0, ": hello\n\n"}, {1, numbered(1)}, {2, numbered(2)}, {3, numbered(3).left(9)}};
        response.breaks = true;
      } else {
        response.stream = {{0, numbered(3)}, {5, numbered(4)}};
        response.stays_open = true;
      }
      return response;
    });
    HttpClient client;
    client.set_host(url_of(server), "secret");
    EventStream stream(&client);
    QList<int> seen;
    connect(&stream, &EventStream::received, this, [&](const QString& type, const api::Json& data) {
      QCOMPARE(type, QStringLiteral("grew"));
      seen << data["n"].get<int>();
    });
    QSignalSpy broken(&stream, &EventStream::broken);
    stream.open(QStringLiteral("/events"));
    QTRY_COMPARE(seen, (QList<int>{1, 2, 3, 4}));
    QCOMPARE(broken.size(), 1);
    QCOMPARE(stream.last_id(), QStringLiteral("4"));
    QVERIFY(stream.connected());
    const QMutexLocker lock(&mutex);
    QCOMPARE(asked, (QList<QByteArray>{{}, "2"}));
  }

  void a_break_before_the_first_event_leaves_no_gap() {
    QList<QByteArray> asked;
    QMutex mutex;
    ReplayServer server([&](const Request& request) {
      const QMutexLocker lock(&mutex);
      asked << request.last_event_id;
      Response response;
      response.stream = {{0, ": open\nid: r-7\n\n"}};
      response.breaks = request.last_event_id.isEmpty();
      response.stays_open = !response.breaks;
      return response;
    });
    HttpClient client;
    client.set_host(url_of(server), "secret");
    EventStream stream(&client);
    QSignalSpy opened(&stream, &EventStream::opened);
    stream.open(QStringLiteral("/events"));
    // The transport may ask again by itself where an answer is cut short before it was seen.
    const auto last_asked = [&] {
      const QMutexLocker lock(&mutex);
      return asked.isEmpty() ? QByteArray() : asked.last();
    };
    QTRY_COMPARE(last_asked(), QByteArray("r-7"));
    QTRY_VERIFY(stream.connected());
    QVERIFY(opened.size() >= 2);
    const QMutexLocker lock(&mutex);
    QCOMPARE(asked.first(), QByteArray());
    QCOMPARE(asked.count("r-7"), 1);
  }

  void waits_longer_each_time_nobody_answers() {
    quint16 port = 0;
    {
      ReplayServer server([](const Request&) { return Response(); });
      port = server.port();
    }
    HttpClient client;
    client.set_host(QUrl(QStringLiteral("http://127.0.0.1:%1").arg(port)), "secret");
    EventStream stream(&client);
    QList<qint64> at_ms;
    QElapsedTimer clock;
    clock.start();
    connect(&stream, &EventStream::broken, this, [&] { at_ms << clock.elapsed(); });
    stream.open(QStringLiteral("/events"));
    QTRY_COMPARE(at_ms.size(), 4);
    // Timers may be a twentieth early.
    QVERIFY(at_ms[1] - at_ms[0] >= EventStream::first_wait_ms * 9 / 10);
    QVERIFY(at_ms[2] - at_ms[1] >= 2 * EventStream::first_wait_ms * 9 / 10);
    QVERIFY(at_ms[3] - at_ms[2] >= 4 * EventStream::first_wait_ms * 9 / 10);
    stream.close();
    QTest::qWait(1000);
    QCOMPARE(at_ms.size(), 4);
  }

  void a_refusal_is_final_and_says_why() {
    ReplayServer server([](const Request& request) {
      Response response;
      response.status = request.authorization == "Bearer secret" ? 404 : 401;
      response.body = QByteArray::fromStdString(api::dump(api::error_body(
          api::make_error("not_found", "no such conversation", "c9", "it was never made", "open another"))));
      return response;
    });
    HttpClient client;
    client.set_host(url_of(server), "secret");
    EventStream stream(&client);
    QString why;
    int status = 0;
    connect(&stream, &EventStream::refused, this, [&](int code, const api::ErrorInfo& error) {
      status = code;
      why = QString::fromStdString(error.why);
    });
    stream.open(QStringLiteral("/events"));
    QTRY_COMPARE(status, 404);
    QCOMPARE(why, QStringLiteral("it was never made"));
    QVERIFY(!stream.wanted());
  }

  void another_path_ends_the_one_before() {
    ReplayServer server([](const Request& request) {
      Response response;
      response.stream = {{0, request.path == "/a" ? numbered(1) : numbered(7)}};
      response.stays_open = true;
      return response;
    });
    HttpClient client;
    client.set_host(url_of(server), "secret");
    EventStream stream(&client);
    QList<int> seen;
    connect(&stream, &EventStream::received, this, [&](const QString&, const api::Json& data) {
      seen << data["n"].get<int>();
      if (seen.size() == 1) stream.open(QStringLiteral("/b"));  // from inside an event
    });
    stream.open(QStringLiteral("/a"));
    QTRY_COMPARE(seen, (QList<int>{1, 7}));
    QTest::qWait(300);
    QCOMPARE(seen.size(), 2);
  }
};

QTEST_GUILESS_MAIN(EventStreamTest)
#include "event_stream_test.moc"
