// Contrast of every colour that carries meaning, switching while widgets live, icons and figures.
#include "ui/theme/theme.h"

#include <QApplication>
#include <QDir>
#include <QImage>
#include <QPainter>
#include <QPushButton>
#include <QSignalSpy>
#include <QTest>

#include "ui/theme/contrast.h"
#include "ui/theme/icons.h"
#include "ui/theme/typography.h"

using namespace diptych::ui;

class ThemeTest : public QObject {
  Q_OBJECT

 private slots:
  void contrast_of_known_pairs() {
    QCOMPARE(contrast_ratio(Qt::black, Qt::white), 21.0);
    QCOMPARE(contrast_ratio(Qt::red, Qt::red), 1.0);
    QVERIFY(std::abs(contrast_ratio(QColor(0x777777), Qt::white) - 4.478) < 0.01);
  }

  void text_is_readable_data() { schemes(); }
  void text_is_readable() {
    QFETCH(bool, dark);
    const Palette& palette = dark ? dark_palette() : light_palette();
    for (const QColor& ground : {palette.background, palette.surface, palette.raised, palette.hover, palette.selection})
      at_least(palette.text, ground, 4.5);
    for (const QColor& ground : {palette.background, palette.surface, palette.raised}) {
      for (const QColor& ink : {palette.secondary, palette.accent, palette.positive, palette.warning, palette.danger})
        at_least(ink, ground, 4.5);
    }
    at_least(palette.secondary, palette.hover, 4.5);
    at_least(palette.secondary, palette.selection, 4.5);
    at_least(palette.on_accent, palette.accent, 4.5);
  }

  void controls_and_marks_stand_out_data() { schemes(); }
  void controls_and_marks_stand_out() {
    QFETCH(bool, dark);
    const Palette& palette = dark ? dark_palette() : light_palette();
    QList<QColor> marks = palette.series();
    marks << palette.control << palette.accent;
    for (const MemoryOwner owner : {MemoryOwner::weights, MemoryOwner::kv_cache, MemoryOwner::activations,
                                    MemoryOwner::workspace, MemoryOwner::gradients, MemoryOwner::optimizer})
      marks << palette.owner(owner);
    for (const QColor& mark : marks) {
      for (const QColor& ground : {palette.background, palette.surface, palette.raised}) at_least(mark, ground, 3.0);
    }
  }

  void switches_while_widgets_live() {
    auto* theme = new Theme(qApp);
    QSignalSpy changes(theme, &Theme::changed);
    QPushButton button(QStringLiteral("text"));
    button.show();
    theme->set_choice(SchemeChoice::dark);
    QVERIFY(theme->palette().dark);
    QVERIFY(theme_palette().dark);
    QTRY_COMPARE(button.palette().color(QPalette::Window), dark_palette().background);
    theme->set_choice(SchemeChoice::light);
    QVERIFY(!theme_palette().dark);
    QTRY_COMPARE(button.palette().color(QPalette::ButtonText), light_palette().text);
    QCOMPARE(changes.count(), 2);
    delete theme;
  }

  void icons_take_the_colour_and_stay_crisp() {
    const QPixmap pixmap = icon_pixmap(QStringLiteral("chat"), 24, Qt::red, 2);
    QCOMPARE(pixmap.size(), QSize(48, 48));
    QCOMPARE(pixmap.devicePixelRatio(), 2.0);
    const QImage image = pixmap.toImage();
    int inked = 0;
    for (int y = 0; y < image.height(); ++y) {
      for (int x = 0; x < image.width(); ++x) {
        const QColor color = image.pixelColor(x, y);
        if (color.alpha() == 0) continue;
        ++inked;
        QVERIFY(color.red() > 200 && color.green() < 40 && color.blue() < 40);
      }
    }
    QVERIFY(inked > 100);
  }

  void every_icon_draws_something() {
    icon_pixmap(QStringLiteral("chat"), 24, Qt::black, 1);  // loads the resources
    const QStringList files = QDir(QStringLiteral(":/icons")).entryList({QStringLiteral("*.svg")});
    QVERIFY(files.size() > 20);
    for (const QString& file : files) {
      const QImage image = icon_pixmap(file.chopped(4), 24, Qt::black, 1).toImage();
      bool inked = false;
      for (int y = 0; y < 24 && !inked; ++y)
        for (int x = 0; x < 24 && !inked; ++x) inked = image.pixelColor(x, y).alpha() > 128;
      QVERIFY2(inked, qPrintable(file));
    }
  }

  void figures_do_not_dance() {
    QFont proportional = text_font(TextSize::body);
    QCOMPARE(tabular_width(proportional, QStringLiteral("111.1")),
             tabular_width(proportional, QStringLiteral("888.8")));
    QVERIFY(tabular_width(proportional, QStringLiteral("88")) > tabular_width(proportional, QStringLiteral("8")));
  }

 private:
  static void schemes() {
    QTest::addColumn<bool>("dark");
    QTest::newRow("light") << false;
    QTest::newRow("dark") << true;
  }

  static void at_least(const QColor& ink, const QColor& ground, double wanted) {
    const double ratio = contrast_ratio(ink, ground);
    QVERIFY2(ratio >= wanted, qPrintable(QStringLiteral("%1 on %2: %3").arg(ink.name(), ground.name()).arg(ratio)));
  }
};

QTEST_MAIN(ThemeTest)
#include "theme_test.moc"
