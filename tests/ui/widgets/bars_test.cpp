// The bars above the gauges, and fields that the wheel must not change.
#include "ui/widgets/bars.h"

#include <QApplication>
#include <QComboBox>
#include <QPushButton>
#include <QSpinBox>
#include <QTest>
#include <QWheelEvent>

#include "ui/widgets/wheel_guard.h"

using namespace diptych::ui;

class BarsTest : public QObject {
  Q_OBJECT

 private slots:
  void undo_runs_once() {
    UndoBar bar;
    int undone = 0;
    bar.offer(QStringLiteral("Conversation deleted"), [&undone] { ++undone; });
    QVERIFY(bar.isVisible());
    QCOMPARE(bar.text(), "Conversation deleted");
    bar.undo();
    bar.undo();
    QCOMPARE(undone, 1);
    QVERIFY(!bar.isVisible());
  }

  void notice_offers_the_next_step() {
    NoticeBar bar;
    int started = 0;
    bar.show_notice({Notice::Level::error, QStringLiteral("The engine stopped"), QStringLiteral("Start it again"),
                     [&started] { ++started; }});
    QVERIFY(bar.isVisible());
    auto* button = bar.findChild<QPushButton*>();
    QCOMPARE(button->text(), "Start it again");
    button->click();
    QCOMPARE(started, 1);
    QVERIFY(!bar.isVisible());
  }

  void an_offer_comes_back_after_what_was_said_over_it() {
    NoticeBar bar;
    int continued = 0;
    bar.show_notice({Notice::Level::info, QStringLiteral("The engine stopped in the middle of an answer"),
                     QStringLiteral("Continue the answer"), [&continued] { ++continued; }});
    bar.show_notice({Notice::Level::error, QStringLiteral("The gallery cannot be read"), {}, {}});
    bar.show_notice({Notice::Level::error, QStringLiteral("The queue cannot be read"), {}, {}});
    QCOMPARE(bar.text(), "The queue cannot be read");
    bar.dismiss();
    QVERIFY(bar.isVisible());
    QCOMPARE(bar.text(), "The engine stopped in the middle of an answer");
    bar.findChild<QPushButton*>()->click();
    QCOMPARE(continued, 1);
    QVERIFY(!bar.isVisible());
  }

  void the_wheel_changes_only_what_has_the_focus() {
    WheelGuard guard(qApp);
    QWidget window;
    QSpinBox spin(&window);
    QComboBox combo(&window);
    combo.move(0, 60);
    combo.addItems({QStringLiteral("a"), QStringLiteral("b")});
    window.show();
    QApplication::setActiveWindow(&window);
    QVERIFY(QTest::qWaitForWindowActive(&window));
    QVERIFY(spin.focusPolicy() != Qt::WheelFocus);
    window.setFocus();
    spin.clearFocus();
    combo.clearFocus();
    turn(&spin, 120);
    turn(&combo, -120);
    QCOMPARE(spin.value(), 0);
    QCOMPARE(combo.currentIndex(), 0);
    spin.setFocus();
    turn(&spin, 120);
    QCOMPARE(spin.value(), 1);
    qApp->removeEventFilter(&guard);
  }

 private:
  static void turn(QWidget* widget, int angle) {
    const QPointF at = widget->rect().center();
    QWheelEvent event(at, widget->mapToGlobal(at), {}, {0, angle}, Qt::NoButton, Qt::NoModifier, Qt::NoScrollPhase,
                      false);
    QApplication::sendEvent(widget, &event);
  }
};

QTEST_MAIN(BarsTest)
#include "bars_test.moc"
