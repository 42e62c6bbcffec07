// Small things by themselves: smoothing, histogram, memory bar, recipe paths, words.
#include <cmath>

#include "tests/ui/panels/finetune/finetune_window.h"
#include "ui/panels/finetune/data_words.h"
#include "ui/panels/finetune/histogram.h"
#include "ui/panels/finetune/memory_plan.h"
#include "ui/panels/finetune/plan_words.h"
#include "ui/panels/finetune/recipe_form.h"
#include "ui/panels/finetune/run_words.h"
#include "ui/panels/finetune/smoothing.h"
#include "ui/panels/finetune/step_chart.h"

using namespace diptych;
using namespace diptych::finetune;

class FiguresTest : public QObject {
  Q_OBJECT

 private slots:
  void initTestCase() { new ui::Theme(qApp); }

  void smoothing_starts_at_the_first_value_and_skips_what_is_no_number() {
    QCOMPARE(smoothed({4, 2, 6}, 0), (QList<double>{4, 2, 6}));
    const QList<double> half = smoothed({4, 2, 6}, 0.5);
    QCOMPARE(half[0], 4.0);
    QCOMPARE(half[1], (0.25 * 4 + 0.5 * 2) / 0.75);
    QCOMPARE(half[2], (0.125 * 4 + 0.25 * 2 + 0.5 * 6) / 0.875);
    const QList<double> gap = smoothed({4, std::nan(""), 4}, 0.9);
    QVERIFY(std::isnan(gap[1]));
    QCOMPARE(gap[2], 4.0);
    QVERIFY(smoothed({}, 0.9).isEmpty());
  }

  void the_names_of_lines_never_cover_each_other() {
    StepChart chart(QStringLiteral("Loss"));
    const int training = chart.add_series(QStringLiteral("training"), LineStyle::solid, 0);
    const int validation = chart.add_series(QStringLiteral("validation"), LineStyle::points, 1);
    const int smooth = chart.add_series(QStringLiteral("gemessen, geglättet"), LineStyle::faint, 2);
    for (const QSize size : {QSize(240, 132), QSize(420, 220), QSize(900, 300)}) {
      for (const double end : {2.0, 1.99, 1.0, 3.0}) {  // where they meet, at the bottom, at the top
        chart.set_data(training, {1, 10, 20}, {3, 2.5, 2});
        chart.set_data(validation, {10, 18}, {2.4, end});
        chart.set_data(smooth, {1, 20}, {1, end});
        chart.set_last_step(20);
        chart.resize(size);
        chart.show();
        QVERIFY(QTest::qWaitForWindowExposed(&chart));
        chart.refresh();
        QTest::qWait(20);  // replotted
        const QList<QRectF> boxes = chart.name_boxes();
        if (boxes.isEmpty() && size.width() < 300) continue;  // they would take half of it
        QCOMPARE(boxes.size(), 3);
        for (qsizetype i = 0; i < boxes.size(); ++i) {
          const QRectF whole(QPointF(), QSizeF(chart.plot_size()));
          QVERIFY2(whole.contains(boxes[i]), qPrintable(QStringLiteral("%1 at %2").arg(i).arg(size.width())));
          for (qsizetype j = 0; j < i; ++j)
            QVERIFY2(!boxes[i].adjusted(0, 1, 0, -1).intersects(boxes[j].adjusted(0, 1, 0, -1)),
                     qPrintable(QStringLiteral("%1 and %2 at %3").arg(i).arg(j).arg(size.width())));
        }
      }
    }
  }

  void a_histogram_tells_its_bars() {
    Histogram chart;
    chart.set_bars({{0, 16, 3}, {16, 32, 0}, {32, 48, 7}}, QStringLiteral("tokens"), 32);
    QCOMPARE(chart.accessibleDescription(), QStringLiteral("0–15 tokens: 3; 32–47 tokens: 7"));
    chart.resize(300, 104);
    const QImage image = chart.grab().toImage();
    const QColor warning = ui::theme_palette().warning;
    int marked = 0;
    for (int y = 0; y < image.height(); ++y)
      for (int x = image.width() * 2 / 3; x < image.width(); ++x) marked += image.pixelColor(x, y) == warning;
    QVERIFY2(marked > 100, qPrintable(QString::number(marked)));  // the bar that is cut
  }

  void what_does_not_fit_is_seen_in_the_bar() {
    MemoryPlan bar;
    bar.resize(600, 80);
    const auto has_limit = [&bar] {
      const QImage image = bar.grab().toImage();
      for (int x = 0; x < image.width(); ++x)
        if (image.pixelColor(x, 10) == ui::theme_palette().danger) return true;
      return false;
    };
    bar.set_shares({{ui::MemoryOwner::weights, 2e9}, {ui::MemoryOwner::activations, 1e9}}, 1e9, 8e9);
    QVERIFY(!has_limit());
    QVERIFY(bar.accessibleDescription().contains("8.00"));
    bar.set_shares({{ui::MemoryOwner::weights, 6e9}, {ui::MemoryOwner::activations, 4e9}}, 1e9, 8e9);
    QVERIFY(has_limit());
    QVERIFY(bar.heightForWidth(200) > bar.heightForWidth(900));
  }

  void recipes_are_read_and_written_by_path() {
    const api::Json recipe = {{"rank", 8}, {"optimizer", "lion"}, {"image", {{"resolution", 256}}}};
    QCOMPARE(recipe_value(recipe, QStringLiteral("rank")).get<int>(), 8);
    QCOMPARE(recipe_value(recipe, QStringLiteral("optimizer.name")).get<std::string>(), std::string("lion"));
    QCOMPARE(recipe_value(recipe, QStringLiteral("image.resolution")).get<int>(), 256);
    QVERIFY(recipe_value(recipe, QStringLiteral("image.flip")).is_null());
    QVERIFY(recipe_value(recipe, QStringLiteral("rank.deep")).is_null());
    QVERIFY(recipe_patch(QStringLiteral("image.flip"), true) == (api::Json{{"image", {{"flip", true}}}}));
  }

  void energy_and_durations_keep_their_marks() {
    QCOMPARE(format_energy(840).replace(QChar::Nbsp, ' '), QStringLiteral("840 J"));
    QCOMPARE(format_energy(12'400).replace(QChar::Nbsp, ' '), QStringLiteral("12.4 kJ"));
    QCOMPARE(format_energy(5.2e6).replace(QChar::Nbsp, ' '), QStringLiteral("5.20 MJ"));
    QCOMPARE(duration_text({}), QStringLiteral("–"));
    QCOMPARE(known_tip({std::nullopt, api::Known::unreadable, "only root may read RAPL"}),
             QStringLiteral("Not known: only root may read RAPL"));
  }

  void text_of_the_data_is_never_markup() {
    api::DataReport report;
    api::DataExample example;
    example.pieces = {{"<img src=x> & <b>bold</b>", true}};
    report.shown = {example};
    const QString html = examples_html(report);
    QVERIFY(html.contains("&lt;img src=x&gt; &amp; &lt;b&gt;"));
    report.rejected_count = 1500;
    report.rejected = {{"a.jsonl", "line 1", "<script>"}};
    QVERIFY(problems_html(report).contains("&lt;script&gt;"));
    QVERIFY(problems_html(report).contains("1,499 more") || problems_html(report).contains("1499 more"));
  }
};

QTEST_MAIN(FiguresTest)
#include "figures_test.moc"
