// Values, provenance and accessible text of the gauges, and that they paint only what changed.
#include "ui/widgets/gauge.h"

#include <QAccessible>
#include <QApplication>
#include <QLocale>
#include <QSignalSpy>
#include <QTest>

#include "ui/theme/theme.h"
#include "ui/widgets/gauge_history.h"
#include "ui/widgets/gauge_strip.h"
#include "ui/widgets/history_chart.h"
#include "ui/widgets/memory_gauge.h"

using namespace diptych::ui;

namespace {

class PaintCounter : public QObject {
 public:
  explicit PaintCounter(QWidget* widget) { widget->installEventFilter(this); }
  bool eventFilter(QObject*, QEvent* event) override {
    if (event->type() == QEvent::Paint) ++count;
    return false;
  }
  int count = 0;
};

GaugeSnapshot sample(qint64 time_ms = 0) {
  GaugeSnapshot snapshot;
  snapshot.time_ms = time_ms;
  snapshot.device = QStringLiteral("cpu");
  snapshot.capacity_bytes = 24e9;
  snapshot.memory = {{MemoryOwner::weights, 2e9}, {MemoryOwner::kv_cache, 1e9}, {MemoryOwner::other_programs, 3e9}};
  snapshot.bandwidth_gb_s = {41.27, 52, Provenance::modelled, QStringLiteral("bytes declared by the ops"), {}};
  snapshot.power_w = {{}, 0, Provenance::counter, {}, QStringLiteral("only root may read RAPL here")};
  snapshot.tokens_per_s = {38.04, 0, Provenance::counter, QStringLiteral("the engine"), {}};
  return snapshot;
}

QString plain(QString text) {
  return text.replace(QChar(QChar::Nbsp), QLatin1Char(' '));
}

}  // namespace

class GaugeTest : public QObject {
  Q_OBJECT

 private slots:
  void initTestCase() {
    QLocale::setDefault(QLocale::c());
    new Theme(qApp);
  }

  void shows_value_limit_and_provenance() {
    Gauge gauge(GaugeKind::bandwidth);
    gauge.set_reading(sample().bandwidth_gb_s);
    QCOMPARE(plain(gauge.value_text()), "41.3 of 52.0 GB/s");
    QVERIFY(gauge.toolTip().contains(QStringLiteral("bytes declared by the ops")));
    QVERIFY(gauge.toolTip().contains(QStringLiteral("◐ modelled")));
    QAccessibleInterface* spoken = QAccessible::queryAccessibleInterface(&gauge);
    QCOMPARE(spoken->text(QAccessible::Name), "Bandwidth");
    QCOMPARE(plain(spoken->text(QAccessible::Description)), "41.3 of 52.0 GB/s, modelled");
    QCOMPARE(spoken->role(), QAccessible::Button);
  }

  void says_why_nothing_is_shown() {
    Gauge gauge(GaugeKind::power);
    gauge.set_reading(sample().power_w);
    QCOMPARE(gauge.value_text(), "not readable");
    QVERIFY(gauge.toolTip().contains(QStringLiteral("only root may read RAPL here")));
    QVERIFY(gauge.accessibleDescription().contains(QStringLiteral("only root may read RAPL here")));
    gauge.set_reading({});
    QCOMPARE(gauge.value_text(), "–");
    QVERIFY(gauge.toolTip().contains(QStringLiteral("Nothing is running")));
  }

  void paints_only_what_changed() {
    GaugeStrip strip;
    strip.resize(1280, GaugeStrip::strip_height);
    strip.set_snapshot(sample());
    strip.show();
    QVERIFY(QTest::qWaitForWindowExposed(&strip));
    QTest::qWait(50);
    PaintCounter speed(strip.gauge(GaugeKind::speed)), memory(strip.memory());
    GaugeSnapshot next = sample();
    next.tokens_per_s.value = 38.01;  // the same three figures
    next.memory[0].bytes += 1000;
    for (int i = 0; i < 10; ++i) {
      strip.set_snapshot(next);
      QTest::qWait(5);
    }
    QCOMPARE(speed.count, 0);
    QCOMPARE(memory.count, 0);
    next.tokens_per_s.value = 39.5;
    strip.set_snapshot(next);
    QTRY_COMPARE(speed.count, 1);
  }

  void memory_is_told_by_owner() {
    MemoryGauge gauge;
    gauge.set_snapshot(sample());
    QCOMPARE(plain(gauge.value_text()), "6.00 of 24.0 GB");
    const QString spoken = plain(gauge.accessibleDescription());
    for (const char* part : {"Weights: 2.00 GB", "KV cache: 1.00 GB", "Other programs: 3.00 GB", "Free: 18.0 GB"})
      QVERIFY2(spoken.contains(QLatin1String(part)), qPrintable(spoken));
  }

  void narrow_strip_keeps_what_matters() {
    GaugeStrip strip;
    strip.resize(640, GaugeStrip::strip_height);
    strip.show();
    QVERIFY(QTest::qWaitForWindowExposed(&strip));
    QCOMPARE(strip.width(), 640);
    QVERIFY(strip.memory()->isVisible());
    QVERIFY(strip.gauge(GaugeKind::speed)->isVisible());
    QVERIFY(!strip.gauge(GaugeKind::compute)->isVisible());
    strip.resize(1600, GaugeStrip::strip_height);
    for (const GaugeKind kind : all_gauges)
      if (kind != GaugeKind::memory) QTRY_VERIFY(strip.gauge(kind)->isVisible());
  }

  void a_click_or_the_keyboard_opens_the_history() {
    GaugeStrip strip;
    strip.resize(1280, GaugeStrip::strip_height);
    strip.show();
    QSignalSpy requested(&strip, &GaugeStrip::history_requested);
    QTest::mouseClick(strip.gauge(GaugeKind::power), Qt::LeftButton);
    QTest::keyClick(strip.memory(), Qt::Key_Space);
    QCOMPARE(requested.count(), 2);
    QCOMPARE(requested[0][0].value<GaugeKind>(), GaugeKind::power);
    QCOMPARE(requested[1][0].value<GaugeKind>(), GaugeKind::memory);
  }

  void history_keeps_ten_minutes() {
    GaugeHistory history;
    for (qint64 second = 0; second <= 900; ++second) history.add(sample(second * 1000));
    QCOMPARE(history.snapshots().front().time_ms, 300'000);
    QCOMPARE(history.snapshots().size(), size_t{601});
  }

  void chart_is_read_with_the_keyboard() {
    GaugeHistory history;
    for (qint64 second = 0; second <= 60; ++second) {
      GaugeSnapshot snapshot = sample(second * 1000);
      snapshot.tokens_per_s.value = static_cast<double>(second);
      history.add(snapshot);
    }
    HistoryChart chart(GaugeKind::speed, &history);
    chart.resize(600, 240);
    chart.show();
    QVERIFY(plain(chart.readout()).startsWith(QStringLiteral("60.0 tokens/s")));
    QTest::keyClick(&chart, Qt::Key_Left);
    QCOMPARE(plain(chart.readout()), "60.0 tokens/s now");
    for (int i = 0; i < 10; ++i) QTest::keyClick(&chart, Qt::Key_Left);
    QCOMPARE(plain(chart.readout()), "50.0 tokens/s, 10.0 s ago");
    QCOMPARE(chart.accessibleDescription(), chart.readout());
  }
};

QTEST_MAIN(GaugeTest)
#include "gauge_test.moc"
