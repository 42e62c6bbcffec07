#include "ui/client/host_link.h"

#include <QDir>
#include <QFile>
#include <QJsonDocument>
#include <QJsonObject>
#include <QSignalSpy>
#include <QTemporaryDir>
#include <QtTest>
#include <atomic>

#include "tests/ui/replay/replay_server.h"
#include "ui/preferences/paths.h"

using namespace diptych;
using namespace diptych::ui;
using replay::ReplayServer;
using replay::Request;
using replay::Response;
using State = HostLink::State;

namespace {

// The few answers that a link needs of a host.
Response answer(const Request& request, const char* protocol) {
  Response response;
  if (request.authorization != "Bearer secret") {
    response.status = 401;
    response.body = QByteArray::fromStdString(api::dump(api::error_body(api::make_error(
        "unauthorized", "the request is refused", "its token", "it is not the host's", "read the token file again"))));
  } else if (request.path == "/api/version") {
    response.body = QByteArrayLiteral("{\"protocol\": \"") + protocol + "\", \"version\": \"0.1\", \"pid\": 7}";
  } else {
    response.stream = {{0, "id: r-1\nevent: models_changed\ndata: {}\n\n"}};
    response.stays_open = true;
  }
  return response;
}

}  // namespace

class HostLinkTest : public QObject {
  Q_OBJECT

  QTemporaryDir home_;

  QString write(const QString& name, const QByteArray& bytes, bool runs = false) {
    QFile file(home_.filePath(name));
    if (!file.open(QIODevice::WriteOnly)) return {};
    file.write(bytes);
    file.close();
    if (runs) file.setPermissions(QFile::ReadOwner | QFile::WriteOwner | QFile::ExeOwner);
    return file.fileName();
  }
  QByteArray lock_file(qint64 pid, int port) {
    return QJsonDocument(QJsonObject{{"pid", pid},
                                     {"host", "127.0.0.1"},
                                     {"port", port},
                                     {"protocol", "1.0"},
                                     {"token_file", home_.filePath("token")}})
        .toJson();
  }

 private slots:
  void init() {
    qputenv("DIPTYCH_HOME", home_.path().toUtf8());
    QFile::remove(host_file_path());
    write("token", "secret\n");
  }

  void reads_only_whole_lock_files() {
    const QString path = write("some.lock", lock_file(12, 8080));
    QCOMPARE(read_host_file(path)->url, QUrl("http://127.0.0.1:8080"));
    for (const QByteArray& bad : {QByteArray(), QByteArray("{"), lock_file(0, 80), lock_file(12, 70000)})
      QVERIFY(!read_host_file(write("bad.lock", bad)));
    QVERIFY(process_exists(QCoreApplication::applicationPid()));
    QVERIFY(!process_exists(0));
  }

  void uses_the_host_that_runs() {
    ReplayServer server([](const Request& request) { return answer(request, "1.3"); });
    write("host.lock", lock_file(QCoreApplication::applicationPid(), server.port()));
    HostLink link(home_.filePath("nothing-here"));
    QStringList types;
    connect(&link, &HostLink::received, this, [&](const QString& type) { types << type; });
    link.start();
    QTRY_COMPARE(link.state(), State::ready);
    QTRY_COMPARE(types, QStringList{"models_changed"});
    QCOMPARE(link.version().pid, 7);
  }

  // Whoever lists something once the host is ready hears of every change after it.
  void is_ready_when_its_events_stand() {
    ReplayServer server([](const Request& request) {
      Response response = answer(request, "1.0");
      if (request.path == "/api/events") response.stream = {{300, ": open\n\n"}};
      return response;
    });
    write("host.lock", lock_file(QCoreApplication::applicationPid(), server.port()));
    HostLink link(home_.filePath("nothing-here"));
    link.start();
    QTRY_COMPARE(link.version().pid, 7);
    QCOMPARE(link.state(), State::starting);
    QTRY_COMPARE(link.state(), State::ready);
  }

  void another_major_protocol_is_refused_with_a_message() {
    ReplayServer server([](const Request& request) { return answer(request, "2.0"); });
    write("host.lock", lock_file(QCoreApplication::applicationPid(), server.port()));
    HostLink link(home_.filePath("nothing-here"));
    link.start();
    QTRY_COMPARE(link.state(), State::failed);
    QVERIFY2(link.reason().contains("protocol 2.0") && link.reason().contains("kill 7"), qPrintable(link.reason()));
  }

  void a_wrong_token_is_said() {
    ReplayServer server([](const Request& request) { return answer(request, "1.0"); });
    HostLink link({}, HostAddress{QUrl(QStringLiteral("http://127.0.0.1:%1").arg(server.port())),
                                  write("other", "not the secret")});
    link.start();
    QTRY_COMPARE(link.state(), State::failed);
    QVERIFY(link.reason().contains("read the token file again"));
    write("other", "secret");
    link.try_again();
    QTRY_COMPARE(link.state(), State::ready);
  }

  void a_program_that_is_missing_or_ends_is_said() {
    HostLink missing(home_.filePath("nothing-here"));
    missing.start();
    QTRY_COMPARE(missing.state(), State::failed);
    QVERIFY(missing.reason().contains("nothing-here"));
    HostLink ends(write("ends", "#!/bin/sh\necho 'the port is taken' >&2; exit 1\n", true));
    ends.start();
    QTRY_COMPARE(ends.state(), State::failed);
    QVERIFY2(ends.reason().contains("the port is taken"), qPrintable(ends.reason()));
  }

  void a_stream_that_breaks_is_not_yet_a_dead_host() {
    std::atomic<int> streams = 0;
    ReplayServer server([&](const Request& request) {
      Response response = answer(request, "1.0");
      if (request.path == "/api/events" && streams++ == 0) {
        response.stays_open = false;
        response.breaks = true;
      }
      return response;
    });
    write("host.lock", lock_file(QCoreApplication::applicationPid(), server.port()));
    HostLink link(home_.filePath("nothing-here"));
    QList<State> states;
    connect(&link, &HostLink::state_changed, this, [&](State state) { states << state; });
    link.start();
    QTRY_COMPARE(streams.load(), 2);
    QTest::qWait(100);
    QCOMPARE(states, QList<State>{State::ready});
  }

  // A stand-in for `diptych serve`: a process that writes the lock file and lives until it is killed; the answers come
  // from this test's server.
  void starts_a_host_and_replaces_one_that_dies() {
    ReplayServer server([&](const Request& request) {
      Response response = answer(request, "1.0");
      const auto file = read_host_file(host_file_path());
      if (!file || !process_exists(file->pid)) {  // nobody would answer
        response.stream.clear();
        response.breaks = true;
        return response;
      }
      if (request.path == "/api/events") {
        response.stays_open = false;
        response.breaks = true;
        response.stream = {{0, ": there\n\n"}, {300, ": still\n\n"}};
      }
      return response;
    });
    const QByteArray port = QByteArray::number(server.port());
    const QString program = write("serve",
                                  "#!/bin/sh\necho start >> \"$DIPTYCH_HOME/starts\"\n"
                                  "echo \"{\\\"pid\\\": $$, \\\"port\\\": " +
                                      port +
                                      ", \\\"token_file\\\": \\\"$DIPTYCH_HOME/token\\\"}\" > "
                                      "\"$DIPTYCH_HOME/host.lock\"\nexec sleep 0.25\n",
                                  true);
    HostLink link(program);
    QList<State> states;
    connect(&link, &HostLink::state_changed, this, [&](State state) { states << state; });
    link.start();
    QTRY_VERIFY(states.size() >= 3);
    QCOMPARE(states.mid(0, 3), (QList<State>{State::ready, State::lost, State::ready}));
    const auto starts = [&] {
      QFile file(home_.filePath("starts"));
      return file.open(QIODevice::ReadOnly) ? file.readAll().count('\n') : 0;
    };
    QVERIFY(starts() >= 2);
    // One that dies again and again is not started for ever.
    QTRY_COMPARE_WITH_TIMEOUT(link.state(), State::failed, 15000);
    QCOMPARE(starts(), HostLink::most_deaths);
    QVERIFY(link.reason().contains("host.log"));
  }
};

QTEST_GUILESS_MAIN(HostLinkTest)
#include "host_link_test.moc"
