// How diptych-window starts: its command line, and that a second start goes to the first window.
#include <QProcess>
#include <QSignalSpy>

#include "app/window/single_instance.h"
#include "tests/gui/real_window.h"

using namespace diptych;
using namespace diptych::window;

class WindowStartTest : public QObject {
  Q_OBJECT

  QTemporaryDir folder_;

  static ParsedArguments parse(const QStringList& words) { return parse_arguments(QStringList{"w"} + words, "1.2"); }
  struct Outcome {
    int status = -1;
    QByteArray out, err;
  };
  static Outcome run(const QStringList& words) {
    QProcess process;
    process.start(QStringLiteral(DIPTYCH_BINARY_DIR "/bin/diptych-window"), words);
    if (!process.waitForFinished(20'000)) return {};
    return {process.exitCode(), process.readAllStandardOutput(), process.readAllStandardError()};
  }

 private slots:
  void arguments_are_understood_or_refused() {
    QFile file(folder_.filePath("m.gguf"));
    QVERIFY(file.open(QIODevice::WriteOnly));
    QCOMPARE(parse({file.fileName()}).arguments.model, file.fileName());
    QCOMPARE(parse({folder_.path()}).arguments.model, folder_.path());
    QCOMPARE(parse({"--model", "smollm2-135m-instruct"}).arguments.model, QStringLiteral("smollm2-135m-instruct"));
    QVERIFY(!parse({}).exit_status);
    const auto remote = parse({"--host", "10.0.0.2:8080", "--token-file", "t"}).arguments.host;
    QCOMPARE(remote->url, QUrl("http://10.0.0.2:8080"));
    QVERIFY(QFileInfo(remote->token_file).isAbsolute());
    QCOMPARE(parse({"--version"}).exit_status, std::optional<int>(0));
    QVERIFY(parse({"--help"}).text.contains("diptych-window"));
    for (const QStringList& wrong : QList<QStringList>{{"--nonsense"},
                                                       {"--model"},
                                                       {"--host", "h:1"},
                                                       {"--token-file", "t"},
                                                       {"--model", "a", file.fileName()},
                                                       {"--host", "ftp://x", "--token-file", "t"}}) {
      QVERIFY2(parse(wrong).exit_status == 2, qPrintable(wrong.join(' ')));
      QCOMPARE(parse(wrong).text.count('\n'), 1);
    }
    QCOMPARE(parse({folder_.filePath("none.gguf")}).exit_status, std::optional<int>(1));
  }

  void a_second_start_hands_its_model_to_the_first() {
    const QString key = folder_.path();
    QVERIFY(!SingleInstance(key).hand_over("nobody"));
    SingleInstance first(key);
    first.listen();
    QSignalSpy asked(&first, &SingleInstance::asked);
    // hand_over() waits; the first one answers from its own loop.
    std::atomic<int> taken = -1;
    std::unique_ptr<QThread> other(
        QThread::create([&] { taken = SingleInstance(key).hand_over("/models/a b.gguf") ? 1 : 0; }));
    other->start();
    QTRY_COMPARE(taken.load(), 1);
    other->wait();
    QTRY_COMPARE(asked.size(), 1);
    QCOMPARE(asked[0][0].toString(), QStringLiteral("/models/a b.gguf"));
    QVERIFY(!SingleInstance(key + "2").hand_over("another data folder"));
  }

  void the_program_does_the_same() {
    QCOMPARE(run({"--version"}).status, 0);
    const Outcome wrong = run({"--nonsense"});
    QCOMPARE(wrong.status, 2);
    QCOMPARE(wrong.err.count('\n'), 1);
    // A window that is open takes the second start's wish, and the second start ends.
    SingleInstance first(ui::data_dir());
    first.listen();
    QSignalSpy asked(&first, &SingleInstance::asked);
    QProcess second;
    second.start(QStringLiteral(DIPTYCH_BINARY_DIR "/bin/diptych-window"), {"--model", "small"});
    QTRY_COMPARE_WITH_TIMEOUT(asked.size(), 1, 20'000);
    QCOMPARE(asked[0][0].toString(), QStringLiteral("small"));
    QTRY_COMPARE_WITH_TIMEOUT(second.state(), QProcess::NotRunning, 20'000);
    QCOMPARE(second.exitCode(), 0);
  }
};

int main(int argc, char** argv) {
  diptych::gui::OwnHome home;
  QApplication application(argc, argv);
  WindowStartTest test;
  return QTest::qExec(&test, argc, argv);
}
#include "window_start_test.moc"
