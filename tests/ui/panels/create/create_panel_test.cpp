#include <QAccessible>
#include <QClipboard>
#include <QComboBox>
#include <QDoubleSpinBox>
#include <QDropEvent>
#include <QFile>
#include <QImageReader>
#include <QLabel>
#include <QLineEdit>
#include <QListView>
#include <QMimeData>
#include <QPushButton>
#include <QScrollArea>
#include <QSpinBox>
#include <QToolButton>
#include <QUrl>

#include "tests/ui/panels/create/create_window.h"
#include "ui/panels/create/create_actions.h"
#include "ui/panels/create/drop_zones.h"
#include "ui/panels/create/figures.h"
#include "ui/panels/create/gallery_pane.h"
#include "ui/panels/create/generate_bar.h"
#include "ui/panels/create/mask_bar.h"
#include "ui/panels/create/picture_files.h"
#include "ui/panels/create/plot_axis_row.h"
#include "ui/panels/create/plot_dialog.h"
#include "ui/panels/create/plot_grid.h"
#include "ui/panels/create/queue_popup.h"
#include "ui/panels/create/size_section.h"
#include "ui/theme/theme.h"
#include "ui/widgets/elided_label.h"

using namespace diptych;
using namespace diptych::create;

class CreatePanelTest : public QObject {
  Q_OBJECT

  ui::Theme* theme_ = nullptr;

  static void drop(DropZones* zones, const QString& file, bool input) {
    QMimeData data;
    data.setUrls({QUrl::fromLocalFile(file)});
    const QPointF at(zones->parentWidget()->width() * (input ? 0.75 : 0.25), 100);
    QDragEnterEvent enter(at.toPoint(), Qt::CopyAction, &data, Qt::LeftButton, {});
    QCoreApplication::sendEvent(zones->parentWidget(), &enter);
    QVERIFY(enter.isAccepted() && zones->isVisible());
    QDropEvent drop(at, Qt::CopyAction, &data, Qt::LeftButton, {});
    QCoreApplication::sendEvent(zones->parentWidget(), &drop);
    QVERIFY(!zones->isVisible());
  }
  static void drop_on(QWidget* section, const QString& file) {
    QMimeData data;
    data.setUrls({QUrl::fromLocalFile(file)});
    QDragEnterEvent enter({4, 4}, Qt::CopyAction, &data, Qt::LeftButton, {});
    QCoreApplication::sendEvent(section, &enter);
    QVERIFY(enter.isAccepted());
    QDropEvent drop({4, 4}, Qt::CopyAction, &data, Qt::LeftButton, {});
    QCoreApplication::sendEvent(section, &drop);
  }
  static QString stored_picture(const QTemporaryDir& folder) {
    const QString path = folder.filePath(QStringLiteral("dropped.png"));
    FakeCreateService::painted(QStringLiteral("dropped"), 256).save(path);
    return path;
  }
  static void three_pictures(FakeCreateService& service) {
    service.add("a", "a lighthouse");
    service.add("b", "a harbour");
    service.add("c", "a lighthouse at dusk");
  }

 private slots:
  void initTestCase() { theme_ = new ui::Theme(qApp); }

  void generate_asks_for_what_is_set_and_shows_what_comes() {
    CreateWindow f;
    QTest::keyClicks(f.prompt(), "a red cat");
    QTRY_COMPARE(f.child<ui::ElidedLabel>("predictedTime")->full_text().simplified(), QStringLiteral("◐ ≈ 14.0 s"));
    QCOMPARE(f.child<ui::ElidedLabel>("predictedMemory")->full_text().simplified(), QStringLiteral("◐ 3.20 GB, fits"));
    QTRY_COMPARE(f.child<QLabel>("tokens")->text(), QStringLiteral("CLIP 3/75"));
    QTest::keyClick(f.prompt(), Qt::Key_Return, Qt::ControlModifier);
    QCOMPARE(f.service.asked.size(), size_t{1});
    QCOMPARE(f.service.asked[0].prompt, std::string("a red cat"));
    QCOMPARE(f.service.asked[0].model, std::string("tiny-sd"));
    QCOMPARE(f.child<QPushButton>("generateButton")->text(), QStringLiteral("Cancel"));
    f.service.progress(7, 20);
    QVERIFY(
        f.child<ui::ElidedLabel>("progressText")->full_text().simplified().startsWith("Step 7 of 20 · ≈ 6.50 s left"));
    QCOMPARE(f.canvas()->picture().width(), 64);
    QCOMPARE(f.canvas()->view().picture(), QSizeF(512, 512));  // a preview stands for the whole picture
    f.controller()->store()->change([](api::ImageSettings& settings) { settings.width = 768; });  // of the next one
    f.service.progress(8, 20);
    QCOMPARE(f.canvas()->view().picture(), QSizeF(512, 512));
    f.service.finish("new");
    QTRY_COMPARE(f.canvas()->picture().width(), 512);
    QCOMPARE(f.controller()->shown(), QStringLiteral("new"));
    QCOMPARE(f.panel->gallery()->current(), QStringLiteral("new"));
    QCOMPARE(f.child<QPushButton>("generateButton")->text(), QStringLiteral("Generate"));
    QVERIFY(f.child<ui::ElidedLabel>("aboutPicture")->full_text().contains("seed 42"));
    const QString metrics = f.child<QLabel>("metrics")->text().simplified();
    QVERIFY2(metrics.startsWith("● 0.512 s/step ◐ 62.0 of 96.0 GFLOP/s (65 %)"), qPrintable(metrics));
    QVERIFY2(metrics.endsWith("● 3.19 GB, predicted ◐ 3.20 GB"), qPrintable(metrics));
  }

  void what_skipping_work_cost_stands_beside_the_picture() {
    api::ImageInfo image;
    image.metrics.seconds_per_step = 2;
    QCOMPARE(metrics(image).size(), 1);
    image.settings.cache = "teacache";
    QCOMPARE(metrics(image).at(1).text, QStringLiteral("– dB"));
    image.metrics.psnr_db = 34.25;
    image.metrics.exact_seconds_per_step = 3;
    const QString text = metrics(image).at(1).text.simplified();
    QVERIFY2(text.startsWith("● 34.3 dB, 1.5 times") || text.startsWith("● 34.2 dB, 1.5 times"), qPrintable(text));
  }

  void what_does_not_fit_is_said_before() {
    CreateWindow f([](FakeCreateService& service) { service.free_bytes = 2'000'000'000; });
    QTRY_COMPARE(f.child<ui::ElidedLabel>("predictedMemory")->full_text().simplified(),
                 QStringLiteral("◐ 3.20 GB, 1.20 GB too large"));
  }

  void escape_cancels_and_a_second_job_waits() {
    CreateWindow f;
    f.panel->commands()->generate->trigger();
    f.panel->commands()->generate->trigger();
    QCOMPARE(f.child<QPushButton>("queueButton")->text(), QStringLiteral("Queue 1"));
    QVERIFY(f.panel->cancel());
    QCOMPARE(f.service.log.last(), QStringLiteral("cancel j1"));
    QVERIFY(f.panel->cancel());
    QVERIFY(!f.panel->cancel());
    QVERIFY(!f.child<QPushButton>("queueButton")->isVisible());
  }

  void a_picture_looked_at_is_not_taken_away_by_a_preview() {
    CreateWindow f(three_pictures);
    f.panel->commands()->generate->trigger();
    f.service.progress(1, 20);
    f.controller()->show_image(QStringLiteral("a"));
    f.service.progress(2, 20);
    QCOMPARE(f.canvas()->picture().width(), 512);
    f.service.finish("new");
    QCOMPARE(f.controller()->shown(), QStringLiteral("a"));
    QVERIFY(f.controller()->gallery()->index_of("new").row() == 0);
  }

  void the_gallery_is_searched_and_pictures_come_back() {
    CreateWindow f(three_pictures);
    auto* list = f.child<QListView>("galleryList");
    QCOMPARE(list->model()->rowCount(), 3);
    QTest::keyClicks(f.panel->gallery()->findChild<QLineEdit*>(), "dusk");
    QTRY_COMPARE(list->model()->rowCount(), 1);
    f.panel->gallery()->findChild<QLineEdit*>()->clear();
    QTRY_COMPARE(list->model()->rowCount(), 3);
    list->setCurrentIndex(list->model()->index(1, 0));
    QCOMPARE(f.controller()->shown(), QStringLiteral("b"));
    list->setFocus();
    QTest::keyClick(list, Qt::Key_F);
    QVERIFY(f.service.find("b")->favourite);
    QTest::keyClick(list, Qt::Key_Delete);
    QCOMPARE(list->model()->rowCount(), 2);
    QVERIFY(f.service.find("b")->deleted_ms.has_value());
    QCOMPARE(f.controller()->shown(), QStringLiteral("a"));  // the next one
    QVERIFY(f.undo->can_undo());
    f.undo->undo();
    QCOMPARE(list->model()->rowCount(), 3);
    QCOMPARE(f.controller()->gallery()->index_of("b").row(), 1);
    f.click("favouritesOnly");
    QTRY_COMPARE(list->model()->rowCount(), 1);
  }

  void a_long_gallery_is_fetched_by_pages() {
    FakeCreateService service;
    GalleryModel gallery(&service);
    api::ImageList first;
    for (int i = 200; i > 100; --i) first.images.emplace_back().id = std::to_string(i);
    first.more = true;
    gallery.refresh();
    emit service.images_listed({}, first);
    QVERIFY(gallery.canFetchMore({}));
    gallery.fetchMore({});
    QVERIFY(!gallery.canFetchMore({}));
    api::ImageList second;
    for (int i = 101; i > 50; --i) second.images.emplace_back().id = std::to_string(i);
    emit service.images_listed({{}, false, "101"}, second);
    QCOMPARE(gallery.rowCount(), 150);  // the one on both pages once
    QVERIFY(!gallery.canFetchMore({}));
  }

  void seeds_are_drawn_kept_and_taken_again() {
    CreateWindow f(three_pictures);
    QVERIFY(!f.settings().seed);
    f.click("seedDraw");
    QVERIFY(f.settings().seed.has_value());
    QVERIFY(f.child<QToolButton>("seedLock")->isChecked());
    f.click("seedLock");
    QVERIFY(!f.settings().seed);
    f.controller()->show_image(QStringLiteral("a"));
    f.click("seedReuse");
    QCOMPARE(f.settings().seed, std::optional<int64_t>(42));
    QCOMPARE(f.child<QLineEdit>("seed")->text(), QStringLiteral("42"));
  }

  void sizes_are_swapped_and_rounded() {
    CreateWindow f;
    auto* presets = f.child<QComboBox>("sizePresets");
    QCOMPARE(presets->itemText(1), QStringLiteral("512 × 768  (2:3)"));
    presets->setCurrentIndex(1);
    emit presets->activated(1);
    QCOMPARE(f.settings().height, 768);
    f.click("swapSides");
    QCOMPARE(f.settings().width, 768);
    QCOMPARE(presets->currentText(), QStringLiteral("768 × 512  (3:2)"));
    f.child<QSpinBox>("width")->setValue(701);
    QCOMPARE(f.settings().width, 704);
    QCOMPARE(f.child<QSpinBox>("width")->value(), 704);
    QCOMPARE(presets->currentText(), size_name(704, 512));
  }

  void settings_are_remembered() {
    QTemporaryDir folder;
    {
      FakeCreateService service;
      ui::Preferences preferences(folder.filePath("window.ini"));
      CreatePanel panel(&service, &preferences);
      panel.controller()->store()->change([](api::ImageSettings& settings) {
        settings.prompt = "kept \"quoted\" 猫";
        settings.steps = 33;
        settings.adapters = {{"paper-cut", 0.7, std::nullopt}};
        settings.image_prompts = {{"plus", "u1", "vit-h", 0.4}};
      });
    }
    FakeCreateService service;
    ui::Preferences preferences(folder.filePath("window.ini"));
    CreatePanel panel(&service, &preferences);
    QCOMPARE(panel.controller()->store()->settings().prompt, std::string("kept \"quoted\" 猫"));
    QCOMPARE(panel.controller()->store()->steps(), 33);
    QCOMPARE(panel.controller()->store()->settings().adapters[0].scale, 0.7);
    QVERIFY(panel.controller()->store()->settings().image_prompts ==
            (std::vector<api::ImagePrompt>{{"plus", "u1", "vit-h", 0.4}}));
  }

  void a_dropped_picture_restores_its_settings_and_says_what_it_could_not() {
    CreateWindow f;
    f.service.restored.program = "AUTOMATIC1111";
    f.service.restored.settings.prompt = "from a picture";
    f.service.restored.settings.model = "tiny-sd";
    f.service.restored.settings.steps = 28;
    f.service.restored.restored = {"prompt", "steps"};
    f.service.restored.missing = {{"adapter", "old-style", "it is not on this computer"}};
    drop(f.panel->canvas_page()->drop_zones(), stored_picture(f.folder), false);
    QCOMPARE(f.prompt()->text(), QStringLiteral("from a picture"));
    QCOMPARE(f.child<QSpinBox>("steps")->value(), 28);
    QCOMPARE(f.notices.size(), 1);
    QVERIFY(f.notices[0].contains("AUTOMATIC1111") &&
            f.notices[0].contains("adapter “old-style” (it is not on this computer)"));
  }

  void a_dropped_picture_becomes_the_input_and_its_mask_is_handed_over() {
    CreateWindow f;
    drop(f.panel->canvas_page()->drop_zones(), stored_picture(f.folder), true);
    QCOMPARE(f.settings().init->image, std::string("u1"));
    QVERIFY(f.child<QDoubleSpinBox>("strength")->isVisible());
    f.click("paintMask");
    QVERIFY(f.panel->canvas_page()->painting() && f.panel->canvas_page()->mask_bar()->isVisible());
    const QPoint middle = f.canvas()->view().to_widget({128, 128}).toPoint();
    QTest::mouseClick(f.canvas(), Qt::LeftButton, {}, middle);
    QTest::keyClick(f.prompt(), Qt::Key_Return, Qt::ControlModifier);
    QCOMPARE(f.service.asked.size(), size_t{1});
    QCOMPARE(f.service.asked[0].init->mask, std::string("u2"));
    const QImage mask = QImage::fromData(f.service.uploads.value(1));
    QCOMPARE(mask.size(), QSize(256, 256));
    QCOMPARE(qGray(mask.pixel(128, 128)), 255);
    QCOMPARE(qGray(mask.pixel(5, 5)), 0);
    f.click("maskDone");
    QVERIFY(!f.panel->canvas_page()->painting());
    f.click("removeInput");
    QVERIFY(!f.settings().init);
  }

  void a_picture_of_the_gallery_becomes_the_input() {
    CreateWindow f(three_pictures);
    f.controller()->show_image(QStringLiteral("b"));
    f.panel->commands()->use_as_input->trigger();
    QCOMPARE(f.settings().init->image, std::string("b"));
    QVERIFY(f.controller()->input()->is_set());
  }

  void pictures_are_compared() {
    CreateWindow f(three_pictures);
    QCOMPARE(f.controller()->shown(), QStringLiteral("c"));  // the latest one
    QVERIFY(!f.panel->commands()->compare->isEnabled());
    f.controller()->show_image(QStringLiteral("b"));
    f.panel->commands()->compare->trigger();
    QVERIFY(f.canvas()->comparing());
    f.panel->commands()->compare->trigger();
    QVERIFY(!f.canvas()->comparing());
  }

  void a_picture_is_copied_and_saved_as_it_is() {
    CreateWindow f(three_pictures);
    f.controller()->show_image(QStringLiteral("a"));
    f.panel->commands()->copy->trigger();
    QCOMPARE(QGuiApplication::clipboard()->image().width(), 512);
    QCOMPARE(proposed_name(*f.service.find("c")), QStringLiteral("20260412-a-lighthouse-at-dusk-42.png"));
    PictureFiles files(f.controller(), &f.window);
    const QString path = f.folder.filePath("saved.png");
    files.save(QStringLiteral("a"), path);
    QFile saved(path);
    QVERIFY(saved.open(QIODevice::ReadOnly));
    QCOMPARE(saved.readAll(), FakeCreateService::png(FakeCreateService::painted("a", 512)));
    ui::Notice told;
    connect(&files, &PictureFiles::noticed, this, [&](const ui::Notice& notice) { told = notice; });
    files.save(QStringLiteral("a"), QStringLiteral("/nowhere/saved.png"));
    QVERIFY(told.level == ui::Notice::Level::error && told.text.contains("/nowhere/saved.png"));
  }

  void what_waits_is_moved_and_cancelled() {
    CreateWindow f;
    for (int i = 0; i < 4; ++i) f.panel->commands()->generate->trigger();
    QueueModel* queue = f.controller()->queue();
    QCOMPARE(queue->order(), (QStringList{"j2", "j3", "j4"}));
    QVERIFY(!queue->move(1, -1));  // not before the one that runs
    auto* popup = f.window.findChild<QueuePopup*>();
    popup->open_below(f.child<QWidget>("queueButton"));
    auto* list = popup->list();
    list->setCurrentIndex(queue->index(2));
    QTest::keyClick(list, Qt::Key_Up, Qt::AltModifier);
    QCOMPARE(queue->order(), (QStringList{"j3", "j2", "j4"}));
    QCOMPARE(f.service.log.last(), QStringLiteral("reorder j3 j2 j4"));
    std::unique_ptr<QMimeData> dragged(queue->mimeData({queue->index(3)}));
    queue->dropMimeData(dragged.get(), Qt::MoveAction, 1, 0, {});
    QCOMPARE(queue->order(), (QStringList{"j4", "j3", "j2"}));
    list->setCurrentIndex(queue->index(3));
    QTest::keyClick(list, Qt::Key_Delete);
    QVERIFY(f.service.log.contains("cancel j2"));
    popup->close();
  }

  void a_plot_is_predicted_before_it_starts_and_fills() {
    CreateWindow f;
    PlotDialog dialog(f.controller());
    dialog.show();
    QVERIFY(!dialog.start_button()->isEnabled());
    dialog.axis_row(0)->set("steps", "10-30 (+10)");
    dialog.axis_row(1)->set("guidance", "4, 7.5");
    QTRY_VERIFY(dialog.start_button()->isEnabled());
    QVERIFY(dialog.cost()->text().simplified().startsWith("6 pictures · ◐ ≈ 84.0 s"));
    QTest::mouseClick(dialog.start_button(), Qt::LeftButton);
    QCOMPARE(dialog.grid()->model()->columnCount(), 3);
    QCOMPARE(dialog.grid()->model()->rowCount(), 2);
    f.service.plot.cells[1].image = "cell";
    emit f.service.image_changed(f.service.add("cell", "x", "p1"));
    QTRY_VERIFY(!dialog.grid()->model()->index(0, 1).data(Qt::DecorationRole).value<QPixmap>().isNull());
    QCOMPARE(dialog.grid()->model()->headerData(1, Qt::Horizontal, Qt::DisplayRole).toString(),
             QStringLiteral("Steps: 20"));
    emit f.service.job_ended("p1", api::JobState::done);
    QVERIFY(!dialog.running());
  }

  void a_plots_values_are_read_as_people_write_them() {
    QString why;
    const auto read = [&](const char* text, AxisKind kind) {
      const auto list = read_axis_values(QString::fromUtf8(text), kind, &why);
      return list ? QString::fromStdString(api::dump(*list)) : QStringLiteral("no");
    };
    QCOMPARE(read("20, 30", AxisKind::whole), QStringLiteral("[20,30]"));
    QCOMPARE(read("1-4", AxisKind::whole), QStringLiteral("[1,2,3,4]"));
    QCOMPARE(read("10-30 (+10), 50", AxisKind::whole), QStringLiteral("[10,20,30,50]"));
    QCOMPARE(read("1-2 [5]", AxisKind::real), QStringLiteral("[1.0,1.25,1.5,1.75,2.0]"));
    QCOMPARE(read("3-1", AxisKind::whole), QStringLiteral("[3,2,1]"));
    QCOMPARE(read("cat, \"a, b\"", AxisKind::text), QStringLiteral("[\"cat\",\"a, b\"]"));
    QCOMPARE(read("x", AxisKind::whole), QStringLiteral("no"));
    QVERIFY(why.contains("“x”"));
    QCOMPARE(read("1.5", AxisKind::whole), QStringLiteral("no"));
    QCOMPARE(read("", AxisKind::real), QStringLiteral("no"));
    QCOMPARE(read("1-100000", AxisKind::whole), QStringLiteral("no"));
  }

  void without_a_model_the_next_step_is_a_button() {
    CreateWindow f([](FakeCreateService& service) { service.models.clear(); });
    QVERIFY(!f.child<QPushButton>("generateButton")->isEnabled());
    QSignalSpy asked(f.panel.get(), &CreatePanel::models_requested);
    for (auto* button : f.panel->content()->findChildren<QPushButton*>())
      if (button->text() == QStringLiteral("Open the Models panel")) QTest::mouseClick(button, Qt::LeftButton);
    QCOMPARE(asked.size(), 1);
  }

  void adapters_are_added_weighed_and_removed() {
    CreateWindow f;
    f.controller()->store()->change([](api::ImageSettings& settings) {
      settings.adapters = {{"paper-cut", 1, std::nullopt}};
    });
    QDoubleSpinBox* scale = nullptr;
    for (auto* one : f.window.findChildren<QDoubleSpinBox*>())
      if (one->accessibleName() == QStringLiteral("Strength of paper-cut")) scale = one;
    QVERIFY(scale);
    scale->setValue(0.4);
    QCOMPARE(f.settings().adapters[0].scale, 0.4);
    for (auto* one : f.window.findChildren<QToolButton*>())
      if (one->accessibleName() == QStringLiteral("Remove paper-cut")) one->click();
    QVERIFY(f.settings().adapters.empty());
  }

  void a_picture_to_resemble_is_dropped_weighed_restored_and_removed() {
    CreateWindow f([](FakeCreateService& service) {
      service.files.push_back({"plus-face", api::ImageFileKind::image_prompt, "", "", 1});
      service.files.push_back({"vit-g", api::ImageFileKind::image_encoder, "", "", 1});
      service.files.push_back({"vit-h", api::ImageFileKind::image_encoder, "", "", 1});
    });
    const QTemporaryDir folder;
    const QString path = stored_picture(folder);
    auto* section = f.child<QWidget>("imagePrompts");
    drop_on(section, path);
    QCOMPARE(f.settings().image_prompts.size(), size_t{1});
    QCOMPARE(f.settings().image_prompts[0].adapter, std::string("plus-face"));
    QCOMPARE(f.settings().image_prompts[0].image, "u" + std::to_string(f.service.uploads.size()));
    QFile file(path);
    QVERIFY(file.open(QIODevice::ReadOnly));
    QCOMPARE(f.service.uploads.back(), file.readAll());
    QVERIFY(!f.child<QLabel>("imagePromptPicture")->pixmap().isNull());
    auto* strength = section->findChild<QDoubleSpinBox*>();
    QCOMPARE(strength->accessibleName(), QStringLiteral("plus-face: How much the result resembles it"));
    strength->setValue(0.6);
    QCOMPARE(f.settings().image_prompts[0].scale, 0.6);
    auto* encoder = f.child<QComboBox>("imageEncoder");
    QTRY_VERIFY(encoder->isVisibleTo(section));  // rows are shown by the event loop
    emit encoder->activated(encoder->findData(QStringLiteral("vit-h")));
    QCOMPARE(f.settings().image_prompts[0].encoder, std::string("vit-h"));
    const api::ImageSettings chosen = f.settings();
    f.controller()->generate();
    QVERIFY(f.service.asked.back().image_prompts == chosen.image_prompts);
    // Of a picture that was made with less of it.
    f.service.restored = {};
    f.service.restored.settings = chosen;
    f.service.restored.settings.image_prompts[0].scale = 0.3;
    f.service.restored.restored = {"image_prompts"};
    f.controller()->restore_from(FakeCreateService::png(FakeCreateService::painted(QStringLiteral("x"), 64)));
    QCOMPARE(f.settings().image_prompts[0].scale, 0.3);
    QCoreApplication::sendPostedEvents(nullptr, QEvent::DeferredDelete);  // the row before the encoder was chosen
    QCOMPARE(section->findChild<QDoubleSpinBox*>()->value(), 0.3);
    for (auto* button : section->findChildren<QToolButton*>())
      if (button->accessibleName() == QStringLiteral("Remove plus-face")) button->click();
    QVERIFY(f.settings().image_prompts.empty());
    // Without an adapter the next step is said.
    f.service.files.clear();
    f.service.list_files();
    drop_on(section, path);
    QVERIFY(f.settings().image_prompts.empty());
    QVERIFY2(f.notices.back().contains(QStringLiteral("ipadapter")), qPrintable(f.notices.back()));
  }

  void restored_controls_show_their_own_strength() {
    CreateWindow f;
    const auto with_scale = [&](double scale) {
      f.controller()->store()->change([&](api::ImageSettings& settings) {
        settings.controls = {{.model = "canny", .image = "u1", .preprocess = {}, .scale = scale}};
      });
    };
    with_scale(0.8);
    with_scale(0.4);
    QDoubleSpinBox* strength = nullptr;
    for (auto* one : f.window.findChildren<QDoubleSpinBox*>())
      if (one->accessibleName() == QStringLiteral("canny: How strongly it is followed")) strength = one;
    QVERIFY(strength);
    QCOMPARE(strength->value(), 0.4);
  }

  // With DIPTYCH_SCREENSHOTS=FOLDER: pictures to look at.
  void screenshots() {
    const QString folder = qEnvironmentVariable("DIPTYCH_SCREENSHOTS");
    if (folder.isEmpty()) QSKIP("DIPTYCH_SCREENSHOTS names no folder");
    for (const auto choice : {ui::SchemeChoice::light, ui::SchemeChoice::dark}) {
      theme_->set_choice(choice);
      const QString theme = choice == ui::SchemeChoice::light ? QStringLiteral("light") : QStringLiteral("dark");
      const auto shot = [&](CreateWindow& f, const char* name) {
        QTest::qWait(300);
        f.window.grab().save(QStringLiteral("%1/create-%2-%3.png").arg(folder, QLatin1String(name), theme));
      };
      CreateWindow f(
          [](FakeCreateService& service) {
            for (int i = 0; i < 14; ++i) service.add("i" + std::to_string(i), "a lighthouse").favourite = i % 5 == 0;
          },
          {1224, 748});
      shot(f, "start");
      f.prompt()->set_text({});
      QTest::keyClicks(f.prompt(),
                       "a (lighthouse:1.2) at [dusk:dawn:0.5], {calm|stormy} sea AND fog, <lora:paper-cut:0.8> (");
      f.controller()->store()->change([](api::ImageSettings& settings) {
        settings.adapters = {{"paper-cut", 0.8, std::nullopt}};
      });
      f.controller()->show_image("i3");
      shot(f, "picture");
      f.controller()->show_image("i5");
      f.panel->commands()->compare->trigger();
      shot(f, "compare");
      f.panel->commands()->use_as_input->trigger();
      f.panel->canvas_page()->set_painting(true);
      QTest::mouseClick(f.canvas(), Qt::LeftButton, {}, f.canvas()->view().to_widget({256, 256}).toPoint());
      QTest::mouseClick(f.canvas(), Qt::LeftButton, {}, f.canvas()->view().to_widget({300, 280}).toPoint());
      shot(f, "mask");
      f.panel->canvas_page()->set_painting(false);
      f.panel->commands()->generate->trigger();
      f.panel->commands()->generate->trigger();
      f.service.progress(7, 20);
      shot(f, "running");
      auto* popup = f.window.findChild<QueuePopup*>();
      popup->open_below(f.child<QWidget>("queueButton"));
      QTest::qWait(200);
      popup->grab().save(QStringLiteral("%1/create-queue-%2.png").arg(folder, theme));
      popup->close();
      PlotDialog dialog(f.controller());
      dialog.show();
      dialog.axis_row(0)->set("steps", "10-30 (+10)");
      dialog.axis_row(1)->set("guidance", "4, 7.5");
      QTest::qWait(500);
      dialog.grab().save(QStringLiteral("%1/create-plot-%2.png").arg(folder, theme));
      CreateWindow resembling(
          [](FakeCreateService& service) {
            service.add("i1", "a lighthouse");
            service.files.push_back({"ip-adapter-plus_sd15", api::ImageFileKind::image_prompt, "", "", 1});
            service.files.push_back({"vit-g", api::ImageFileKind::image_encoder, "", "", 1});
            service.files.push_back({"vit-h", api::ImageFileKind::image_encoder, "", "", 1});
          },
          {1224, 748});
      auto* scroll = resembling.panel->parameters()->findChild<QScrollArea*>();
      auto* section = resembling.child<QWidget>("imagePrompts");
      scroll->ensureWidgetVisible(section, 0, 120);
      shot(resembling, "resemble-none");
      resembling.controller()->store()->change([](api::ImageSettings& settings) {
        settings.controls = {{.model = "control_canny", .image = "map", .preprocess = "canny"}};
        settings.image_prompts = {{"ip-adapter-plus_sd15", "cat", "", 0.6},
                                  {"ip-adapter-plus_sd15", "sea", "vit-h", 1}};
      });
      QTest::qWait(50);
      scroll->ensureWidgetVisible(section, 0, 120);
      shot(resembling, "resemble");
      CreateWindow empty([](FakeCreateService& service) { service.models.clear(); }, {1224, 748});
      shot(empty, "empty");
    }
  }
};

QTEST_MAIN(CreatePanelTest)
#include "create_panel_test.moc"
