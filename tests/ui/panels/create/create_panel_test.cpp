#include <QAccessible>
#include <QClipboard>
#include <QComboBox>
#include <QDoubleSpinBox>
#include <QFile>
#include <QImageReader>
#include <QLabel>
#include <QLineEdit>
#include <QListView>
#include <QMenu>
#include <QMimeData>
#include <QPushButton>
#include <QScrollArea>
#include <QSpinBox>
#include <QToolButton>

#include "tests/ui/panels/create/create_window.h"
#include "ui/panels/create/advanced_section.h"
#include "ui/panels/create/create_actions.h"
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

  void a_deleted_picture_that_a_search_found_comes_back() {
    CreateWindow f(three_pictures);
    GalleryModel* gallery = f.controller()->gallery();
    gallery->set_query(QStringLiteral("lighthouse"), false);
    QCOMPARE(gallery->rowCount(), 2);
    f.controller()->remove_image(QStringLiteral("a"));
    QCOMPARE(gallery->rowCount(), 1);
    f.undo->undo();
    QCOMPARE(gallery->rowCount(), 2);
    QCOMPARE(gallery->index_of(QStringLiteral("a")).row(), 1);
    f.controller()->remove_image(QStringLiteral("a"));
    gallery->set_query(QStringLiteral("harbour"), false);
    f.undo->undo();
    QCOMPARE(gallery->rowCount(), 1);  // this search does not find it
    const qsizetype asked = f.service.log.size();
    emit f.service.image_changed(f.service.add("new", "a harbour by night"));
    QCOMPARE(f.service.log.size(), asked);  // a new picture waits
    QCOMPARE(gallery->rowCount(), 1);
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

  void blocks_of_perturbed_attention_are_chosen() {
    CreateWindow f([](FakeCreateService& service) {
      service.described.pag_layers = {{"^mid_block\\b", "Middle"}, {"^up_blocks\\.1\\b", "Up 1"}};
    });
    auto* layers = f.child<QPushButton>("pagLayers");
    QVERIFY(!layers->isVisibleTo(layers->parentWidget()));
    f.child<QDoubleSpinBox>("pagScale")->setValue(3);
    QTRY_VERIFY(layers->isVisibleTo(layers->parentWidget()));
    QCOMPARE(layers->text(), QStringLiteral("The usual ones"));
    const auto choose = [&](const char* title) {
      emit layers->menu()->aboutToShow();
      for (QAction* action : layers->menu()->actions())
        if (action->text() == QLatin1String(title)) action->trigger();
    };
    choose("Up 1");
    choose("Middle");
    QCOMPARE(layers->text(), QStringLiteral("Up 1, Middle"));
    QCOMPARE(f.settings().pag_layers, (std::vector<std::string>{"^up_blocks\\.1\\b", "^mid_block\\b"}));
    choose("Up 1");
    QCOMPARE(layers->text(), QStringLiteral("Middle"));
    choose("The usual ones");
    QVERIFY(f.settings().pag_layers.empty());
  }

  void a_refiner_of_the_same_family_is_chosen() {
    CreateWindow f([](FakeCreateService& service) {
      service.described.family = service.models[0].architecture = "sdxl";
      for (const char* name : {"xl-refiner", "other-kind"}) {
        service.models.push_back(service.models[0]);
        service.models.back().id = service.models.back().name = name;
      }
      service.models.back().architecture = "stable_diffusion";
    });
    auto* refiner = f.child<QComboBox>("refiner");
    auto* switch_at = f.child<QDoubleSpinBox>("refinerSwitch");
    QTRY_VERIFY(refiner->isVisibleTo(refiner->parentWidget()));
    QVERIFY(!switch_at->isVisibleTo(switch_at->parentWidget()));
    QCOMPARE(refiner->count(), 2);  // none, and the one that fits
    refiner->setCurrentIndex(1);
    emit refiner->activated(1);
    QCOMPARE(f.settings().refiner->model, std::string("xl-refiner"));
    QTRY_VERIFY(switch_at->isVisibleTo(switch_at->parentWidget()));
    switch_at->setValue(0.6);
    QCOMPARE(f.settings().refiner->switch_at, 0.6);
    f.panel->commands()->generate->trigger();
    QVERIFY(f.service.asked.back().refiner == f.settings().refiner);
    refiner->setCurrentIndex(0);
    emit refiner->activated(0);
    QVERIFY(!f.settings().refiner);
  }

  void without_a_model_the_next_step_is_a_button() {
    CreateWindow f([](FakeCreateService& service) { service.models.clear(); });
    QVERIFY(!f.child<QPushButton>("generateButton")->isEnabled());
    QSignalSpy asked(f.panel.get(), &CreatePanel::models_requested);
    for (auto* button : f.panel->content()->findChildren<QPushButton*>())
      if (button->text() == QStringLiteral("Open the Models panel")) QTest::mouseClick(button, Qt::LeftButton);
    QCOMPARE(asked.size(), 1);
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
      CreateWindow detailed(
          [](FakeCreateService& service) {
            service.described.family = service.models[0].architecture = "sdxl";
            service.described.pag_layers = {{"^mid_block\\b", "Middle"}, {"^up_blocks\\.1\\b", "Up 1"}};
            service.models.push_back(service.models[0]);
            service.models.back().id = service.models.back().name = "sd_xl_refiner_1.0";
            service.add("i1", "a lighthouse");
          },
          {1224, 748});
      detailed.panel->parameters()->advanced()->set_open(true);
      detailed.controller()->store()->change([](api::ImageSettings& settings) {
        settings.pag_scale = 3;
        settings.pag_layers = {"^mid_block\\b", "^up_blocks\\.1\\b"};
        settings.refiner = api::ImageRefiner{"sd_xl_refiner_1.0", 0.8};
      });
      QTest::qWait(50);
      detailed.panel->parameters()->findChild<QScrollArea*>()->ensureWidgetVisible(
          detailed.child<QWidget>("refinerSwitch"), 0, 160);
      shot(detailed, "advanced");
      CreateWindow empty([](FakeCreateService& service) { service.models.clear(); }, {1224, 748});
      shot(empty, "empty");
    }
  }
};

QTEST_MAIN(CreatePanelTest)
#include "create_panel_test.moc"
