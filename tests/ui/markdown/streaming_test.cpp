#include <QElapsedTimer>
#include <QRandomGenerator>
#include <QtTest>

#include "tests/ui/markdown/documents.h"
#include "ui/markdown/parser.h"
#include "ui/markdown/streaming_document.h"

using namespace diptych::markdown;

class StreamingTest : public QObject {
  Q_OBJECT

  // Feeds `text` in pieces and compares with a full parse after each of them.
  static void check(const QByteArray& text, QRandomGenerator& random, int largest_piece) {
    StreamingDocument document;
    for (qsizetype at = 0; at < text.size();) {
      const qsizetype size = std::min<qsizetype>(text.size() - at, 1 + random.bounded(largest_piece));
      document.append(QByteArrayView(text).sliced(at, size));
      at += size;
      const QByteArray prefix = text.first(at);
      QCOMPARE(document.source(), prefix);
      if (document.blocks() != parse(prefix)) {
        QFAIL(qPrintable(QStringLiteral("differs after %1 bytes of: %2").arg(at).arg(QString::fromUtf8(text))));
      }
    }
  }

 private slots:
  void every_prefix_equals_a_full_parse_data() {
    QTest::addColumn<QByteArray>("text");
    const QList<QByteArray> documents = sample_documents();
    for (int i = 0; i < documents.size(); ++i) QTest::addRow("document %d", i) << documents[i];
  }

  void every_prefix_equals_a_full_parse() {
    QFETCH(QByteArray, text);
    QRandomGenerator random(1);
    check(text, random, 1);
    check(text, random, 7);
  }

  // Lines of all samples in any order: constructs interrupt each other as no author would write them.
  void shuffled_lines_equal_a_full_parse() {
    QList<QByteArray> lines;
    for (const QByteArray& text : sample_documents()) lines += text.split('\n');
    lines += {"", "", "", "", "", ""};
    QRandomGenerator random(7);
    for (int round = 0; round < 400; ++round) {
      QByteArray text;
      const int count = 5 + random.bounded(25);
      for (int i = 0; i < count; ++i) {
        text += lines[random.bounded(static_cast<int>(lines.size()))] + "\n";
        if (random.bounded(3) == 0) text += "\n";
      }
      check(text, random, 12);
      if (QTest::currentTestFailed()) return;
    }
  }

  // Nothing but marks, in any order.
  void random_marks_equal_a_full_parse() {
    const QByteArray alphabet = "\n\n\n\n   \t>-*+``~#|[]()!_1.:&;<\\ab$=";
    QRandomGenerator random(11);
    for (int round = 0; round < 600; ++round) {
      QByteArray text;
      for (int i = 0; i < 150; ++i) text += alphabet[random.bounded(static_cast<int>(alphabet.size()))];
      check(text, random, 6);
      if (QTest::currentTestFailed()) return;
    }
  }

  void all_samples_in_one_text() {
    QByteArray text;
    for (const QByteArray& document : sample_documents()) {
      if (!document.contains("]:")) text += document + "\n";
    }
    QRandomGenerator random(3);
    check(text, random, 3);
  }

  void settles_finished_blocks() {
    StreamingDocument document;
    const QByteArray paragraph = "A paragraph of some words, and **more** of them.\n\n";
    for (int i = 0; i < 200; ++i) document.append(paragraph);
    QCOMPARE(document.blocks().size(), 200);
    QVERIFY(document.settled_bytes() > document.source().size() - 4 * paragraph.size());
  }

  void replacing_the_source() {
    StreamingDocument document;
    document.set_source("one\n\ntwo\n\nthree");
    document.set_source("one\n\ntwo\n\nthree and a half");
    QCOMPARE(document.blocks(), parse("one\n\ntwo\n\nthree and a half"));
    document.set_source("other");
    QCOMPARE(document.blocks(), parse("other"));
  }

  // The price of one more token late in a long answer.
  void cost_of_a_token() {
    QByteArray text;
    while (text.size() < 200000)
      text += "Some **words** in a `paragraph` of usual length, [linked](https://x.example).\n\n";
    StreamingDocument document;
    document.append(text);
    QElapsedTimer timer;
    timer.start();
    for (int i = 0; i < 100; ++i) document.append("token ");
    const double incremental_ms = static_cast<double>(timer.nsecsElapsed()) / 1e6 / 100;
    timer.restart();
    parse(document.source());
    const double full_ms = static_cast<double>(timer.nsecsElapsed()) / 1e6;
    qInfo() << "one token:" << incremental_ms << "ms; a full parse:" << full_ms << "ms";
    QVERIFY(incremental_ms < full_ms / 4);
  }
};

QTEST_MAIN(StreamingTest)
#include "streaming_test.moc"
