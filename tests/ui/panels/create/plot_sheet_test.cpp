// A plot as one picture with what its axes say beside the cells, and saving it.
#include "ui/panels/create/plot_sheet.h"

#include <QPushButton>

#include "tests/ui/panels/create/create_window.h"
#include "ui/panels/create/create_actions.h"
#include "ui/panels/create/plot_dialog.h"
#include "ui/panels/create/plot_export.h"
#include "ui/panels/create/plot_labels.h"
#include "ui/theme/theme.h"

using namespace diptych;
using namespace diptych::create;

namespace {

QImage filled(const QColor& colour, QSize size = {64, 48}) {
  QImage image(size, QImage::Format_RGB32);
  image.fill(colour);
  return image;
}

api::Plot two_by_two() {
  api::Plot plot;
  plot.axes = {{"steps", {10, 20}}, {"prompt", {"a cat", "a very long description of a dog in the snow"}}};
  plot.cells = {{{0, 0}, "a", {}}, {{1, 0}, "b", {}}, {{0, 1}, "c", {}}, {{1, 1}, "", {}}};
  return plot;
}

QHash<QString, QImage> its_pictures() {
  return {{"a", filled(Qt::red)}, {"b", filled(Qt::green)}, {"c", filled(Qt::blue)}};
}

// Where one colour fills the sheet.
QRect place_of(const QImage& sheet, const QColor& colour) {
  QRect place;
  for (int y = 0; y < sheet.height(); ++y)
    for (int x = 0; x < sheet.width(); ++x)
      if (sheet.pixelColor(x, y) == colour) place |= QRect(x, y, 1, 1);
  return place;
}

int dark_pixels(const QImage& sheet, const QRect& in) {
  int count = 0;
  for (int y = in.top(); y <= in.bottom(); ++y)
    for (int x = in.left(); x <= in.right(); ++x) count += qGray(sheet.pixel(x, y)) < 128;
  return count;
}

}  // namespace

class PlotSheetTest : public QObject {
  Q_OBJECT

 private slots:
  void initTestCase() { new ui::Theme(qApp); }

  void axes_and_values_have_names() {
    api::Plot plot = two_by_two();
    plot.settings.adapters = {{"lighthouse", 1, std::nullopt}};
    plot.axes.push_back({"adapters[0].scale", {0.5}});
    QCOMPARE(plot_label(plot, 0, 1), QStringLiteral("Steps: 20"));
    QCOMPARE(plot_label(plot, 1, 0), QStringLiteral("Words of the prompt: a cat"));
    QCOMPARE(plot_label(plot, 2, 0), QStringLiteral("Strength of lighthouse: 0.5"));
    QCOMPARE(plot_label(plot, 3, 0), QString());
    QCOMPARE(plot_label(plot, 0, 2), QString());
    QCOMPARE(plot_field_title("adapters[7].scale", plot.settings), QStringLiteral("adapters[7].scale"));
  }

  void cells_stand_beside_what_their_axes_say() {
    const QImage sheet = plot_sheet(two_by_two(), its_pictures());
    const QRect a = place_of(sheet, Qt::red), b = place_of(sheet, Qt::green), c = place_of(sheet, Qt::blue);
    QCOMPARE(a.size(), QSize(64, 48));
    QCOMPARE(b.top(), a.top());
    QVERIFY(b.left() > a.right());
    QCOMPARE(c.left(), a.left());
    QVERIFY(c.top() > a.bottom());
    QVERIFY(dark_pixels(sheet, {a.left(), 0, a.width(), a.top() - 1}) > 20);   // "Steps: 10"
    QVERIFY(dark_pixels(sheet, {b.left(), 0, b.width(), b.top() - 1}) > 20);   // "Steps: 20"
    QVERIFY(dark_pixels(sheet, {0, a.top(), a.left() - 1, a.height()}) > 20);  // "… a cat"
    QVERIFY(dark_pixels(sheet, {0, c.top(), c.left() - 1, c.height()}) > 20);
    QVERIFY(sheet.pixelColor(b.center().x(), c.center().y()) != QColor(Qt::white));  // an empty box
  }

  void pages_stand_below_each_other_with_their_names() {
    api::Plot plot;
    plot.axes = {{"steps", {10}}, {"seed", {1}}, {"guidance", {3, 7.5}}};
    plot.cells = {{{0, 0, 0}, "a", {}}, {{0, 0, 1}, "b", {}}};
    const QImage sheet = plot_sheet(plot, its_pictures());
    const QRect a = place_of(sheet, Qt::red), b = place_of(sheet, Qt::green);
    QCOMPARE(a.left(), b.left());
    QVERIFY(b.top() > a.bottom() + 40);  // the page's and the columns' names
  }

  void a_large_plot_is_made_smaller() {
    api::Plot plot;
    plot.axes = {{"seed", api::Json::array()}};
    for (int i = 0; i < 40; ++i) {
      plot.axes[0].values.push_back(i);
      plot.cells.push_back({{i}, "a", {}});
    }
    const QImage sheet = plot_sheet(plot, {{"a", filled(Qt::red, {1024, 1024})}});
    QVERIFY2(sheet.width() <= 12400, qPrintable(QString::number(sheet.width())));
  }

  void it_is_saved_with_the_plot_inside() {
    FakeCreateService service;
    service.gone = {"c"};
    PlotExport exporting(&service);
    QSignalSpy saved(&exporting, &PlotExport::saved), failed(&exporting, &PlotExport::failed);
    QTemporaryDir folder;
    const QString path = folder.filePath("plot.png");
    exporting.save(two_by_two(), path);
    QCOMPARE(saved.size(), 1);
    QCOMPARE(saved[0][1].toInt(), 1);  // one picture is gone
    const auto recipe = api::parse(QImage(path).text("diptych").toStdString());
    QVERIFY(recipe && recipe->contains("plot"));
    QCOMPARE(api::from_json<api::Plot>((*recipe)["plot"]).cells.size(), size_t{4});
    exporting.save(two_by_two(), "/nowhere/plot.png");
    QCOMPARE(failed.size(), 1);
    QVERIFY(!exporting.running());
  }

  void the_whole_of_a_plot_in_the_gallery_opens_as_a_plot() {
    CreateWindow f([](FakeCreateService& service) {
      service.add("one", "a cat");
      service.add("grid", "a cat").recipe = api::Json{{"plot", api::to_json(two_by_two())}};
    });
    f.controller()->show_image("one");
    QVERIFY(!f.panel->commands()->show_plot->isVisible());
    f.controller()->show_image("grid");
    QVERIFY(f.panel->commands()->show_plot->isVisible());
    f.panel->commands()->show_plot->trigger();
    auto* dialog = f.window.findChild<PlotDialog*>();
    QVERIFY(dialog && dialog->isVisible() && !dialog->running());
    QVERIFY(dialog->findChild<QPushButton*>("savePlot")->isVisible());
    dialog->close();
  }
};

QTEST_MAIN(PlotSheetTest)
#include "plot_sheet_test.moc"
