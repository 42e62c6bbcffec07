#include "ui/widgets/command_palette.h"

#include <QAction>
#include <QApplication>
#include <QLineEdit>
#include <QSignalSpy>
#include <QTest>
#include <QVBoxLayout>

#include "ui/widgets/fuzzy.h"

using namespace diptych::ui;

class CommandPaletteTest : public QObject {
  Q_OBJECT

 private slots:
  void letters_in_order() {
    QVERIFY(fuzzy_score(u"dkth", u"Dark theme"));
    QVERIFY(fuzzy_score(u"", u"anything"));
    QVERIFY(fuzzy_score(u"reglage", u"Réglages"));
    QVERIFY(!fuzzy_score(u"xyz", u"Dark theme"));
    QVERIFY(!fuzzy_score(u"emeht", u"theme"));
  }

  void word_starts_and_runs_win() {
    QVERIFY(*fuzzy_score(u"nc", u"New conversation") > *fuzzy_score(u"nc", u"Announce"));
    QVERIFY(*fuzzy_score(u"mod", u"Models") > *fuzzy_score(u"mod", u"Move old"));
    QVERIFY(*fuzzy_score(u"open", u"Open") > *fuzzy_score(u"open", u"Open the models panel"));
  }

  void finds_and_triggers_with_the_keyboard() {
    QWidget window;
    window.resize(900, 600);
    auto* before = new QLineEdit(&window);
    QAction load(QStringLiteral("&Load model")), dark(QStringLiteral("Dark theme")), off(QStringLiteral("Dark matter"));
    off.setEnabled(false);
    CommandPalette palette(&window);
    window.show();
    QApplication::setActiveWindow(&window);
    QVERIFY(QTest::qWaitForWindowActive(&window));
    before->setFocus();
    palette.open({&load, &dark, &off});
    QVERIFY(palette.isVisible());
    QCOMPARE(palette.model()->rowCount(), 3);
    QCOMPARE(palette.model()->index(0).data().toString(), "Load model");
    QSignalSpy triggered(&dark, &QAction::triggered);
    QTest::keyClicks(palette.field(), QStringLiteral("dark"));
    QCOMPARE(palette.model()->rowCount(), 2);
    QTest::keyClick(palette.field(), Qt::Key_Return);
    QCOMPARE(triggered.count(), 1);
    QVERIFY(!palette.isVisible());
    QVERIFY(before->hasFocus());
  }

  void escape_leaves_and_disabled_actions_do_nothing() {
    QWidget window;
    window.resize(900, 600);
    QAction off(QStringLiteral("Unload"));
    off.setEnabled(false);
    QSignalSpy triggered(&off, &QAction::triggered);
    CommandPalette palette(&window);
    window.show();
    palette.open({&off});
    QTest::keyClick(palette.field(), Qt::Key_Return);
    QCOMPARE(triggered.count(), 0);
    QVERIFY(palette.isVisible());
    QTest::keyClick(palette.field(), Qt::Key_Escape);
    QVERIFY(!palette.isVisible());
  }
};

QTEST_MAIN(CommandPaletteTest)
#include "command_palette_test.moc"
