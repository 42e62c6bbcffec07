// A person at the Create panel, with the real host and a small pipeline: generates, cancels, restores settings from
// pictures of five programs, paints a mask, runs a plot, finds and deletes pictures.
#include <QComboBox>
#include <QDir>
#include <QDropEvent>
#include <QElapsedTimer>
#include <QFile>
#include <QImage>
#include <QLabel>
#include <QLineEdit>
#include <QListView>
#include <QMimeData>
#include <QPushButton>
#include <QSpinBox>

#include "tests/gui/real_window.h"
#include "ui/panels/create/create_actions.h"
#include "ui/panels/create/create_content.h"
#include "ui/panels/create/create_panel.h"
#include "ui/panels/create/drop_zones.h"
#include "ui/panels/create/gallery_pane.h"
#include "ui/panels/create/image_canvas.h"
#include "ui/panels/create/parameters_pane.h"
#include "ui/panels/create/plot_axis_row.h"
#include "ui/panels/create/plot_dialog.h"
#include "ui/panels/create/plot_grid.h"
#include "ui/panels/create/prompt_editor.h"
#include "ui/panels/create/prompt_section.h"
#include "ui/widgets/bars.h"

using namespace diptych;
using namespace diptych::create;
using diptych::gui::RealWindow;

namespace {

constexpr int patience_ms = 30'000;

// Links, so that a model of the test data lies in the models folder.
void link_model(const QString& models, const QString& name) {
  QDir().mkpath(models);
  QFile::link(QStringLiteral(DIPTYCH_SOURCE_DIR "/tests/golden/cases/pipeline_sd15/model"), models + '/' + name);
}

// As the program writes it: the corpus' first byte chooses the kind of text.
QString picture_with_text(const QString& folder, const char* dialect, const char* key) {
  QFile corpus(QStringLiteral(DIPTYCH_SOURCE_DIR "/tests/fuzz/corpus/recipe/") + QLatin1String(dialect));
  if (!corpus.open(QIODevice::ReadOnly)) return {};
  QImage picture(16, 16, QImage::Format_RGB32);
  picture.fill(Qt::darkCyan);
  picture.setText(QLatin1String(key), QString::fromUtf8(corpus.readAll().mid(1)));
  const QString path = QStringLiteral("%1/%2.png").arg(folder, QLatin1String(dialect));
  return picture.save(path) ? path : QString();
}

}  // namespace

class CreateEndToEndTest : public QObject {
  Q_OBJECT

  std::unique_ptr<RealWindow> f_;
  QTemporaryDir folder_;

  CreatePanel* panel() { return f_->workbench.create(); }
  CreateController* controller() { return panel()->controller(); }
  const api::ImageSettings& settings() { return controller()->store()->settings(); }
  GalleryModel* gallery() { return controller()->gallery(); }
  PromptEditor* prompt() { return panel()->parameters()->prompts()->prompt(); }
  ImageCanvas* canvas() { return panel()->canvas_page()->canvas(); }
  void change(const std::function<void(api::ImageSettings&)>& change) { controller()->store()->change(change); }
  void small(int steps) {
    change([steps](api::ImageSettings& settings) {
      settings.width = settings.height = 32;
      settings.steps = steps;
      settings.seed = 5;
      settings.batch = settings.count = 1;
    });
  }
  void generate() { QTest::keyClick(prompt(), Qt::Key_Return, Qt::ControlModifier); }
  void drop(const QString& path, bool input) {
    DropZones* zones = panel()->canvas_page()->drop_zones();
    QWidget* page = zones->parentWidget();
    QMimeData data;
    data.setUrls({QUrl::fromLocalFile(path)});
    const QPointF at(page->width() * (input ? 0.75 : 0.25), page->height() / 2.0);
    QDragEnterEvent enter(at.toPoint(), Qt::CopyAction, &data, Qt::LeftButton, {});
    QCoreApplication::sendEvent(page, &enter);
    QDropEvent dropped(at, Qt::CopyAction, &data, Qt::LeftButton, {});
    QCoreApplication::sendEvent(page, &dropped);
  }

 private slots:
  void initTestCase() {
    f_ = std::make_unique<RealWindow>();
    f_->workbench.window()->show_panel(QStringLiteral("create"));
    QTRY_COMPARE_WITH_TIMEOUT(f_->workbench.link()->state(), ui::HostLink::State::ready, patience_ms);
    QTRY_VERIFY_WITH_TIMEOUT(controller()->blocked().isEmpty(), patience_ms);
    controller()->choose_model(QStringLiteral("small-sd15"));  // one is shipped as well
    QTRY_VERIFY_WITH_TIMEOUT(controller()->store()->model() != nullptr, patience_ms);
    QCOMPARE(controller()->store()->model()->family, std::string("stable_diffusion"));
  }
  void cleanupTestCase() { f_.reset(); }

  void what_a_picture_takes_is_predicted() {
    small(4);
    prompt()->setFocus();
    QTest::keyClicks(prompt(), QStringLiteral("a (red:1.2) fox"));
    QTRY_VERIFY_WITH_TIMEOUT(controller()->estimate() && controller()->estimate()->fits, patience_ms);
    QVERIFY(controller()->estimate()->memory_bytes > 0);
    QTRY_VERIFY_WITH_TIMEOUT(
        !controller()->estimate()->tokens.empty() && controller()->estimate()->tokens[0].tokens > 0, patience_ms);
  }

  void a_picture_is_made_and_stands_in_the_gallery() {
    generate();
    QTRY_VERIFY_WITH_TIMEOUT(gallery()->rowCount() == 1 && !controller()->busy(), patience_ms);
    QTRY_COMPARE_WITH_TIMEOUT(canvas()->picture().size(), QSize(32, 32), patience_ms);
    const api::ImageInfo* image = controller()->shown_info();
    QVERIFY(image && image->seed == 5 && image->prompt == "a (red:1.2) fox");
    QVERIFY(image->metrics.seconds_per_step.value_or(0) > 0);
    QVERIFY(image->metrics.peak_memory_bytes.value_or(0) > 0);
    QVERIFY(f_->workbench.window()->findChild<QLabel*>(QStringLiteral("metrics"))->text().contains("s/step"));
    QVERIFY(QFile::exists(QString::fromStdString(image->path)));
    // The same seed makes the same picture.
    const QImage first = controller()->picture();
    generate();
    QTRY_VERIFY_WITH_TIMEOUT(gallery()->rowCount() == 2 && !controller()->busy(), patience_ms);
    QTRY_VERIFY_WITH_TIMEOUT(controller()->shown() == gallery()->index(0).data(GalleryModel::id_role).toString(),
                             patience_ms);
    QCOMPARE(controller()->picture(), first);
  }

  void a_long_job_is_shown_and_cancelled() {
    change([](api::ImageSettings& settings) {
      settings.width = settings.height = 128;
      settings.steps = 500;  // PNDM takes no 1000
    });
    const int before = gallery()->rowCount();
    generate();
    QTRY_VERIFY_WITH_TIMEOUT(controller()->progress() && controller()->progress()->step > 1, patience_ms);
    QTRY_VERIFY_WITH_TIMEOUT(controller()->live() && controller()->shown().isEmpty(), patience_ms);  // a preview
    QElapsedTimer clock;
    clock.start();
    QTest::keyClick(prompt(), Qt::Key_Escape);
    QTRY_VERIFY_WITH_TIMEOUT(!controller()->busy(), patience_ms);
    QVERIFY2(clock.elapsed() < 3000, qPrintable(QString::number(clock.elapsed())));
    QCOMPARE(gallery()->rowCount(), before);
  }

  void pictures_of_five_programs_restore_their_settings_data() {
    QTest::addColumn<QString>("dialect");
    QTest::addColumn<QString>("key");
    QTest::addColumn<QString>("prompt");
    QTest::newRow("A1111") << "a1111"
                           << "parameters"
                           << "masterpiece, (cat:1.2)";
    QTest::newRow("ComfyUI") << "comfyui"
                             << "prompt"
                             << "";
    QTest::newRow("InvokeAI") << "invokeai"
                              << "invokeai_metadata"
                              << "castle";
    QTest::newRow("stable-diffusion.cpp") << "sd_cpp"
                                          << "parameters"
                                          << "A field";
    QTest::newRow("Diptych") << "own"
                             << "diptych"
                             << "a";
  }
  void pictures_of_five_programs_restore_their_settings() {
    QFETCH(QString, dialect);
    QFETCH(QString, key);
    QFETCH(QString, prompt);
    change([](api::ImageSettings& settings) { settings.prompt = "before"; });
    const QString path = picture_with_text(folder_.path(), dialect.toUtf8().constData(), key.toUtf8().constData());
    QVERIFY(!path.isEmpty());
    f_->workbench.window()->notices()->dismiss();
    drop(path, false);
    ui::NoticeBar* notice = f_->workbench.window()->notices();
    QTRY_VERIFY_WITH_TIMEOUT(notice->isVisible() && notice->text().contains("estored"), patience_ms);
    QVERIFY2(QString::fromStdString(settings().prompt).contains(prompt), settings().prompt.c_str());
    QVERIFY(settings().prompt != "before");
    if (dialect == "a1111") {
      QCOMPARE(settings().steps, 25);
      QCOMPARE(settings().width, 512);
      QVERIFY2(notice->text().contains("Not restored"), qPrintable(notice->text()));
    }
  }

  void our_own_picture_restores_exactly_what_made_it() {
    const api::ImageInfo image = *gallery()->image(0);
    change([](api::ImageSettings& settings) {
      settings.prompt = "another";
      settings.steps = 9;
      settings.seed.reset();
    });
    drop(QString::fromStdString(image.path), false);
    QTRY_COMPARE_WITH_TIMEOUT(settings().prompt, image.prompt, patience_ms);
    QCOMPARE(settings().seed, std::optional<int64_t>(image.seed));
    QCOMPARE(controller()->store()->steps(), image.settings.steps);
    QCOMPARE(settings().width, 32);
    QTRY_VERIFY_WITH_TIMEOUT(controller()->blocked().isEmpty(), patience_ms);  // its model is known here
  }

  void a_mask_is_painted_and_only_it_is_made_anew() {
    const QString path = folder_.filePath(QStringLiteral("input.png"));
    QImage picture(64, 64, QImage::Format_RGB32);
    picture.fill(QColor(200, 60, 40));
    QVERIFY(picture.save(path));
    drop(path, true);
    QTRY_VERIFY_WITH_TIMEOUT(controller()->input()->is_set(), patience_ms);
    panel()->commands()->mask->trigger();
    QVERIFY(panel()->canvas_page()->painting());
    canvas()->set_brush({.size = 24, .feather = 4, .eraser = false});
    QTest::mouseClick(canvas(), Qt::LeftButton, {}, canvas()->view().to_widget({32, 32}).toPoint());
    change([](api::ImageSettings& settings) {
      settings.width = settings.height = 64;
      settings.steps = 4;
      settings.prompt = "a stone wall";
      settings.init->mask_blur = 1;
      settings.init->strength = 1;
    });
    const int before = gallery()->rowCount();
    generate();
    QTRY_VERIFY_WITH_TIMEOUT(gallery()->rowCount() == before + 1 && !controller()->busy(), patience_ms);
    panel()->canvas_page()->set_painting(false);
    QTRY_COMPARE_WITH_TIMEOUT(controller()->shown(), gallery()->index(0).data(GalleryModel::id_role).toString(),
                              patience_ms);
    QTRY_COMPARE_WITH_TIMEOUT(controller()->picture().size(), QSize(64, 64), patience_ms);
    const QColor corner = controller()->picture().pixelColor(2, 2);
    QVERIFY2(qAbs(corner.red() - 200) <= 2 && qAbs(corner.green() - 60) <= 2, qPrintable(corner.name()));
    QVERIFY(controller()->picture().pixelColor(32, 32) != QColor(200, 60, 40));
    controller()->input()->clear();
  }

  void a_plot_of_two_by_two_is_predicted_and_made() {
    small(2);
    QTRY_VERIFY_WITH_TIMEOUT(controller()->blocked().isEmpty(), patience_ms);
    const int before = gallery()->rowCount();
    PlotDialog dialog(controller(), panel()->canvas_page());
    dialog.axis_row(0)->set(QStringLiteral("steps"), QStringLiteral("2, 3"));
    dialog.axis_row(1)->set(QStringLiteral("guidance"), QStringLiteral("2, 7.5"));
    dialog.show();
    QTRY_VERIFY_WITH_TIMEOUT(dialog.start_button()->isEnabled(), patience_ms);
    QVERIFY2(dialog.cost()->text().startsWith("4 pictures"), qPrintable(dialog.cost()->text()));
    QTest::mouseClick(dialog.start_button(), Qt::LeftButton);
    QTRY_VERIFY_WITH_TIMEOUT(!dialog.running() && dialog.grid()->model()->made() == 4, patience_ms);
    QTRY_VERIFY_WITH_TIMEOUT(!dialog.grid()->model()->index(1, 1).data(Qt::DecorationRole).value<QPixmap>().isNull(),
                             patience_ms);
    QVERIFY(gallery()->rowCount() >= before + 4);
  }

  void the_gallery_is_searched_and_a_deleted_picture_comes_back() {
    auto* search = panel()->gallery()->findChild<QLineEdit*>();
    search->setText(QStringLiteral("red fox"));
    QTRY_VERIFY_WITH_TIMEOUT(gallery()->query().search == QStringLiteral("red fox") && !gallery()->loading(),
                             patience_ms);
    const int found = gallery()->rowCount();
    QVERIFY(found >= 2);
    search->clear();
    QTRY_VERIFY_WITH_TIMEOUT(gallery()->rowCount() > found, patience_ms);
    const QString id = gallery()->index(0).data(GalleryModel::id_role).toString();
    controller()->show_image(id);
    const int rows = gallery()->rowCount();
    QTest::keyClick(panel()->gallery()->list(), Qt::Key_Delete);
    QCOMPARE(gallery()->rowCount(), rows - 1);
    ui::UndoBar* undo = f_->workbench.window()->undo_bar();
    QTRY_VERIFY(undo->can_undo());
    undo->undo();
    QTRY_COMPARE_WITH_TIMEOUT(gallery()->rowCount(), rows, patience_ms);
    QCOMPARE(gallery()->index(0).data(GalleryModel::id_role).toString(), id);
  }

  void everything_is_there_again_after_a_restart_of_the_window() {
    change([](api::ImageSettings& settings) { settings.prompt = "kept over night"; });
    const int rows = gallery()->rowCount();
    f_.reset();
    f_ = std::make_unique<RealWindow>();
    f_->workbench.window()->show_panel(QStringLiteral("create"));
    QTRY_COMPARE_WITH_TIMEOUT(gallery()->rowCount(), rows, patience_ms);
    QCOMPARE(prompt()->text(), QStringLiteral("kept over night"));
    QTRY_VERIFY_WITH_TIMEOUT(!canvas()->picture().isNull(), patience_ms);
  }
};

int main(int argc, char** argv) {
  diptych::gui::OwnHome home;
  const QString models = home.path() + QStringLiteral("/models");
  link_model(models, QStringLiteral("small-sd15"));
  qputenv("DIPTYCH_MODELS", models.toUtf8());
  QApplication application(argc, argv);
  std::setlocale(LC_NUMERIC, "C");
  CreateEndToEndTest test;
  return QTest::qExec(&test, argc, argv);
}
#include "create_end_to_end_test.moc"
