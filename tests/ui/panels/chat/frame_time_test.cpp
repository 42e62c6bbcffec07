// A long answer at 200 tokens/s through controller, model, view and widgets: what it costs the UI thread per frame.
#include <QElapsedTimer>
#include <QtTest>

#include "tests/ui/panels/chat/frame_probe.h"
#include "tests/ui/panels/chat/panel_window.h"
#include "tests/ui/panels/chat/sample_thread.h"
#include "ui/theme/theme.h"

using namespace diptych::chat;

class FrameTimeTest : public QObject {
  Q_OBJECT

  // Some 2,000 tokens as models cut them: a word with its space, or a few characters.
  static QStringList tokens(const QString& text, int count) {
    QStringList found;
    for (qsizetype at = 0; found.size() < count;) {
      const qsizetype size = 1 + (at * 7 + found.size() * 3) % 7;
      found << text.mid(at % text.size(), std::min(size, text.size() - at % text.size()));
      at += found.last().size();
    }
    return found;
  }

 private slots:
  void initTestCase() { new diptych::ui::Theme(qApp); }

  void streaming_data() {
    QTest::addColumn<QString>("text");
    const QString mixed = sample_thread()[1].text + QStringLiteral("\n\n");
    QTest::newRow("mixed Markdown") << mixed;
    QTest::newRow("one paragraph") << QStringLiteral(
        "All of it is **one** paragraph with `code` and words that wrap on. ");
    QTest::newRow("one code block")
        << QStringLiteral("```cpp\n") +
               QStringLiteral("  int value = compute(index, \"text\");  // line\n").repeated(300);
    QTest::newRow("one list") << QStringLiteral("- an item with some words in it\n  - and one below it\n");
    QTest::newRow("one table") << QStringLiteral("| a | b | c |\n|---|---|---|\n") +
                                      QStringLiteral("| some words | 1.5 | more of them |\n").repeated(300);
  }

  void streaming() {
    QFETCH(QString, text);
    PanelWindow f({}, {1280, 800});
    f.controller()->send("Write a long answer");
    const QString conversation = f.conversation();
    const QStringList stream = tokens(text, 2000);
    // The end of a long answer is what costs most: the first part comes at once, the last 400 tokens at their pace.
    qsizetype sent = 0;
    for (; sent < 1600; ++sent) f.service.grow(conversation, stream[sent]);
    QTest::qWait(100);
    const qsizetype before = sent;
    QElapsedTimer clock;
    FrameProbe probe;
    QTimer source;
    source.setTimerType(Qt::PreciseTimer);
    connect(&source, &QTimer::timeout, this, [&] {
      const qsizetype due = std::min<qsizetype>(stream.size(), before + clock.elapsed() * 200 / 1000);
      for (; sent < due; ++sent) f.service.grow(conversation, stream[sent]);
    });
    clock.start();
    probe.start();
    source.start(5);
    QTRY_COMPARE_WITH_TIMEOUT(sent, stream.size(), 30000);
    probe.stop();
    f.service.finish(conversation);
    qInfo("%s: %zu frames, UI thread per frame: median %.2f ms, p90 %.2f ms, p99 %.2f ms, max %.2f ms",
          QTest::currentDataTag(), probe.frames(), probe.percentile_ms(0.5), probe.percentile_ms(0.9),
          probe.percentile_ms(0.99), probe.percentile_ms(1));
    QVERIFY(probe.percentile_ms(0.5) < 8);
    QVERIFY(probe.percentile_ms(0.99) < 3 * 8);  // a shared machine may be several times slower
  }

  void idle_costs_under_a_percent() {
    PanelWindow f({}, {1280, 800});
    f.service.stored << Conversation{{"c", "A", 0, {}}, sample_thread(), "m4", {}, {}};
    f.controller()->open_conversation("c");
    QTest::qWait(300);
    const double before = FrameProbe::thread_ms();
    QEventLoop loop;  // sleeps between events, as the program does; qWait() would poll
    QTimer::singleShot(3000, &loop, &QEventLoop::quit);
    loop.exec();
    const double share = (FrameProbe::thread_ms() - before) / 3000;
    qInfo("idle: %.2f %% of a core", share * 100);
    QVERIFY(share < 0.01);
  }
};

QTEST_MAIN(FrameTimeTest)
#include "frame_time_test.moc"
