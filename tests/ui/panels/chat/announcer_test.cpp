#include "ui/panels/chat/announcer.h"

#include <QSignalSpy>
#include <QtTest>

using namespace diptych::chat;

class AnnouncerTest : public QObject {
  Q_OBJECT

 private slots:
  void sentences() {
    QCOMPARE(complete_sentences("Hello there", 0), qsizetype(0));
    QCOMPARE(complete_sentences("Hello there. Next", 0), qsizetype(13));
    QCOMPARE(complete_sentences("One. Two two? Three", 0), qsizetype(14));
    QCOMPARE(complete_sentences(QString::fromUtf8("你好吗朋友。然后"), 0), qsizetype(6));
  }

  // A sentence per announcement however the text arrives, and nothing is lost or said twice.
  void one_announcement_per_sentence() {
    QWidget parent;
    Announcer announcer(&parent);
    QSignalSpy spy(&announcer, &Announcer::announced);
    const QString text = QStringLiteral("The first sentence is here. The second one follows! And an open end");
    announcer.start();
    for (int i = 1; i <= text.size(); ++i) announcer.grow(text.left(i));
    QCOMPARE(spy.size(), 3);
    QCOMPARE(spy[1][0].toString(), QStringLiteral("The first sentence is here."));
    QCOMPARE(spy[2][0].toString(), QStringLiteral("The second one follows!"));
    announcer.end(QStringLiteral("Answer complete"));
    QCOMPARE(spy.size(), 4);
    QCOMPARE(spy[3][0].toString(), QStringLiteral("And an open end\nAnswer complete"));
    QCOMPARE(announcer.accessibleName(), spy[3][0].toString());
  }
};

QTEST_MAIN(AnnouncerTest)
#include "announcer_test.moc"
