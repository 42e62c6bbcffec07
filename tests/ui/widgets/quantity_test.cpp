#include "ui/widgets/quantity.h"

#include <QLocale>
#include <QTest>
#include <limits>

using namespace diptych::ui;

class QuantityTest : public QObject {
  Q_OBJECT

 private slots:
  void initTestCase() { QLocale::setDefault(QLocale::c()); }

  void three_significant_figures_data() {
    QTest::addColumn<double>("value");
    QTest::addColumn<QString>("text");
    QTest::newRow("small") << 0.8416 << "0.842";
    QTest::newRow("smaller") << 0.0012345 << "0.00123";
    QTest::newRow("units") << 4.0 << "4.00";
    QTest::newRow("tens") << 41.27 << "41.3";
    QTest::newRow("rounds up a figure") << 99.96 << "100";
    QTest::newRow("thousands") << 1284.0 << "1280";
    QTest::newRow("negative") << -3.14159 << "-3.14";
    QTest::newRow("zero") << 0.0 << "0";
    QTest::newRow("not a number") << std::numeric_limits<double>::quiet_NaN() << "–";
    QTest::newRow("infinite") << std::numeric_limits<double>::infinity() << "–";
  }
  void three_significant_figures() {
    QFETCH(double, value);
    QFETCH(QString, text);
    QCOMPARE(format_number(value).remove(QLatin1Char(',')), text);
  }

  void bytes() {
    QCOMPARE(plain(format_bytes(0)), "0 B");
    QCOMPARE(plain(format_bytes(98362432)), "98.4 MB");
    QCOMPARE(plain(format_bytes(999.6e6)), "1.00 GB");
    QCOMPARE(plain(format_bytes_of(5.1e9, 24e9)), "5.10 of 24.0 GB");
    QCOMPARE(plain(format_bytes_of(98.4e6, 24e9)), "0.0984 of 24.0 GB");
  }

  void rates_and_counts() {
    QCOMPARE(plain(format_rate_of(41.27, 52, QStringLiteral("GB/s"))), "41.3 of 52.0 GB/s");
    QCOMPARE(plain(format_rate_of(41.27, 0, QStringLiteral("GB/s"))), "41.3 GB/s");
    QCOMPARE(plain(format_count(134515008)), "135 M");
    QCOMPARE(plain(format_count(1.2358e9)), "1.24 B");
  }

  void durations() {
    QCOMPARE(plain(format_duration_s(0.84)), "0.840 s");
    QCOMPARE(plain(format_duration_s(200)), "3 min 20 s");
    QCOMPARE(plain(format_duration_s(7500)), "2 h 5 min");
    QCOMPARE(plain(format_duration_s(-1)), "–");
  }

 private:
  static QString plain(QString text) { return text.replace(QChar(QChar::Nbsp), QLatin1Char(' ')); }
};

QTEST_MAIN(QuantityTest)
#include "quantity_test.moc"
