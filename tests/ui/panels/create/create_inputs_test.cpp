// Pictures and files that a picture begins with: dropped, chosen, restored.
#include <QCheckBox>
#include <QComboBox>
#include <QDoubleSpinBox>
#include <QDropEvent>
#include <QFile>
#include <QLabel>
#include <QMimeData>
#include <QPushButton>
#include <QSpinBox>
#include <QToolButton>
#include <QUrl>
#include <memory>

#include "tests/ui/panels/create/create_window.h"
#include "ui/panels/create/create_actions.h"
#include "ui/panels/create/drop_zones.h"
#include "ui/panels/create/mask_bar.h"
#include "ui/panels/create/plot_axis_row.h"
#include "ui/panels/create/plot_dialog.h"
#include "ui/theme/theme.h"

using namespace diptych;
using namespace diptych::create;

class CreateInputsTest : public QObject {
  Q_OBJECT

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
  static void dab(MaskLayer* mask, QPointF at) {
    mask->begin({.size = 40, .feather = 0, .eraser = false}, {at, 1});
    mask->end();
  }
  static std::unique_ptr<PlotDialog> plot_of_steps(CreateWindow& f) {
    auto dialog = std::make_unique<PlotDialog>(f.controller());
    dialog->show();
    dialog->axis_row(0)->set(QStringLiteral("steps"), QStringLiteral("10, 20"));
    dialog->axis_row(1)->set(QStringLiteral("guidance"), QStringLiteral("4"));
    return dialog;
  }

 private slots:
  void initTestCase() { new ui::Theme(qApp); }

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

  void settings_that_were_replaced_come_back_with_the_picture_and_its_mask() {
    CreateWindow f(three_pictures);
    InputPicture* input = f.controller()->input();
    f.controller()->store()->change([](api::ImageSettings& settings) { settings.prompt = "mine"; });
    input->set_file(FakeCreateService::png(FakeCreateService::painted(QStringLiteral("x"), 256)));
    dab(input->mask(), {100, 100});
    const api::ImageSettings before = f.settings();
    f.controller()->reuse_settings(QStringLiteral("a"));
    QCOMPARE(f.prompt()->text(), QStringLiteral("a lighthouse"));
    QVERIFY(!input->is_set());
    QVERIFY(f.undo->can_undo());
    f.controller()->use_as_input(QStringLiteral("c"));  // its mask is another one
    f.undo->undo();
    QVERIFY(f.settings() == before);
    QCOMPARE(f.prompt()->text(), QStringLiteral("mine"));
    QCOMPARE(input->picture().size(), QSize(256, 256));
    f.controller()->generate();
    QVERIFY(f.service.asked.back().init.has_value());
    QVERIFY(!f.service.asked.back().init->mask.empty());
    const QImage mask = QImage::fromData(f.service.uploads.back());
    QCOMPARE(mask.size(), QSize(256, 256));
    QCOMPARE(qGray(mask.pixel(100, 100)), 255);
    QCOMPARE(qGray(mask.pixel(5, 5)), 0);
  }

  void a_picture_that_had_not_come_yet_is_fetched_when_settings_come_back() {
    CreateWindow f(three_pictures);
    f.service.is_ready = false;
    f.controller()->store()->change([](api::ImageSettings& settings) { settings.init.emplace().image = "upicture"; });
    QVERIFY(!f.controller()->input()->is_set());
    f.controller()->reuse_settings(QStringLiteral("a"));
    f.service.is_ready = true;
    f.undo->undo();
    QCOMPARE(f.settings().init->image, std::string("upicture"));
    QVERIFY(f.controller()->input()->is_set());
  }

  void a_dropped_picture_can_be_taken_back_and_leaves_what_recipes_do_not_hold() {
    CreateWindow f;
    f.controller()->store()->change([](api::ImageSettings& settings) {
      settings.prompt = "mine";
      settings.sampler = "euler";
      settings.low_memory = settings.tiled_vae = settings.sequential_guidance = true;
      settings.preview = api::PreviewKind::off;
      settings.batch = 2;
      settings.count = 3;
    });
    const api::ImageSettings before = f.settings();
    f.service.restored.program = "AUTOMATIC1111";
    f.service.restored.settings.model = "tiny-sd";
    f.service.restored.settings.prompt = "theirs";
    f.service.restored.settings.count = 5;
    f.service.restored.restored = {"prompt", "count"};
    drop(f.panel->canvas_page()->drop_zones(), stored_picture(f.folder), false);
    QCOMPARE(f.settings().prompt, std::string("theirs"));
    QCOMPARE(f.settings().sampler, std::string());
    QVERIFY(f.settings().low_memory && f.settings().tiled_vae && f.settings().sequential_guidance);
    QVERIFY(f.settings().preview == api::PreviewKind::off);
    QCOMPARE(f.settings().batch, 2);
    QCOMPARE(f.settings().count, 5);  // which was restored
    QCOMPARE(f.notices.size(), 1);
    QVERIFY(f.undo->isVisible());
    f.undo->undo();
    QVERIFY(f.settings() == before);
    f.service.restored.settings.init.emplace().image = "a";
    f.service.restored.settings.upscale = api::ImageUpscale{.scale = 1.5, .upscaler = "lanczos"};
    f.service.restored.restored = {"init", "upscale"};
    drop(f.panel->canvas_page()->drop_zones(), stored_picture(f.folder), false);
    QCOMPARE(f.settings().batch, 1);
    api::check(f.settings());
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

  void a_stroke_painted_while_the_mask_is_sent_is_sent_the_next_time() {
    CreateWindow f(three_pictures);
    f.controller()->use_as_input(QStringLiteral("b"));
    MaskLayer* mask = f.controller()->input()->mask();
    dab(mask, {100, 100});
    f.service.hold_uploads = true;
    f.controller()->generate();
    dab(mask, {300, 300});
    f.service.answer_uploads();
    QCOMPARE(f.service.asked.size(), size_t{1});
    QCOMPARE(f.service.asked.back().init->mask, std::string("u1"));
    f.service.hold_uploads = false;
    f.controller()->generate();
    QCOMPARE(f.service.uploads.size(), 2);
    QCOMPARE(f.service.asked.back().init->mask, std::string("u2"));
    QCOMPARE(qGray(QImage::fromData(f.service.uploads.back()).pixel(300, 300)), 255);
    f.controller()->generate();
    QCOMPARE(f.service.uploads.size(), 2);  // nothing was painted since
  }

  void no_run_is_without_a_mask_that_is_still_on_its_way() {
    CreateWindow f(three_pictures);
    f.controller()->use_as_input(QStringLiteral("b"));
    dab(f.controller()->input()->mask(), {100, 100});
    f.service.hold_uploads = true;
    f.controller()->generate();
    f.controller()->generate();
    f.service.answer_uploads();
    QCOMPARE(f.service.asked.size(), size_t{2});
    for (const api::ImageSettings& asked : f.service.asked) QVERIFY(!asked.init->mask.empty());
  }

  void a_mask_that_was_refused_is_sent_again() {
    CreateWindow f(three_pictures);
    f.controller()->use_as_input(QStringLiteral("b"));
    dab(f.controller()->input()->mask(), {100, 100});
    f.service.refusal = Failure{"Cannot keep the picture", "the disk is full", {}};
    f.controller()->generate();
    QVERIFY(f.service.asked.empty());
    f.service.refusal.reset();
    f.controller()->generate();
    QCOMPARE(f.service.asked.size(), size_t{1});
    QCOMPARE(f.service.asked.back().init->mask, std::string("u2"));
  }

  void a_mask_that_arrives_late_is_not_that_of_another_picture() {
    CreateWindow f(three_pictures);
    f.controller()->use_as_input(QStringLiteral("b"));
    dab(f.controller()->input()->mask(), {100, 100});
    f.service.hold_uploads = true;
    f.controller()->generate();
    f.controller()->use_as_input(QStringLiteral("c"));
    f.service.answer_uploads();
    QCOMPARE(f.settings().init->image, std::string("c"));
    QCOMPARE(f.settings().init->mask, std::string());
    QVERIFY(f.service.asked.empty());
    f.service.hold_uploads = false;
    f.controller()->generate();
    QCOMPARE(f.service.asked.back().init->mask, std::string("u2"));
  }

  void a_picture_that_is_sent_again_late_does_not_come_back() {
    CreateWindow f(three_pictures);
    f.controller()->input()->set_file(FakeCreateService::png(FakeCreateService::painted(QStringLiteral("x"), 256)));
    emit f.service.ready_changed(false);
    emit f.service.ready_changed(true);  // perhaps of another host
    f.service.hold_uploads = true;
    f.controller()->generate();
    f.controller()->use_as_input(QStringLiteral("c"));
    f.service.answer_uploads();
    QCOMPARE(f.settings().init->image, std::string("c"));
    QCOMPARE(f.controller()->input()->picture().width(), 512);
  }

  void a_plot_is_given_what_was_painted_before_it() {
    CreateWindow f(three_pictures);
    f.controller()->use_as_input(QStringLiteral("b"));
    auto dialog = plot_of_steps(f);
    QTRY_VERIFY(dialog->start_button()->isEnabled());
    dab(f.controller()->input()->mask(), {100, 100});
    f.service.refusal = Failure{"Cannot keep the picture", "the disk is full", {}};
    dialog->start_button()->click();
    QVERIFY(f.service.plot.axes.empty());
    QVERIFY2(dialog->cost()->text().contains("the disk is full"), qPrintable(dialog->cost()->text()));
    QVERIFY(dialog->start_button()->isEnabled());
    f.service.refusal.reset();
    dialog->start_button()->click();
    QVERIFY(dialog->running());
    QVERIFY(f.service.plot.settings.init.has_value());
    QCOMPARE(f.service.plot.settings.init->mask, "u" + std::to_string(f.service.uploads.size()));
    QCOMPARE(qGray(QImage::fromData(f.service.uploads.back()).pixel(100, 100)), 255);
  }

  void a_plot_is_predicted_again_once_the_host_is_back() {
    CreateWindow f;
    f.service.refusal = Failure{"Cannot reach the engine", "it does not answer", {}};
    auto dialog = plot_of_steps(f);
    QTRY_VERIFY2(dialog->cost()->text().contains("it does not answer"), qPrintable(dialog->cost()->text()));
    QVERIFY(!dialog->start_button()->isEnabled());
    emit f.service.ready_changed(false);
    f.service.refusal.reset();
    emit f.service.ready_changed(true);
    QTRY_VERIFY(dialog->start_button()->isEnabled());
  }

  void a_plot_whose_dialog_is_gone_is_not_started() {
    CreateWindow f(three_pictures);
    f.controller()->use_as_input(QStringLiteral("b"));
    auto dialog = plot_of_steps(f);
    QTRY_VERIFY(dialog->start_button()->isEnabled());
    dab(f.controller()->input()->mask(), {100, 100});
    f.service.hold_uploads = true;
    dialog->start_button()->click();
    QVERIFY(!dialog->start_button()->isEnabled() && !dialog->running());
    dialog.reset();
    f.service.answer_uploads();
    QVERIFY(f.service.plot.axes.empty());
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

  void edges_are_found_between_thresholds_and_a_control_may_guess() {
    CreateWindow f;
    f.controller()->store()->change([](api::ImageSettings& settings) {
      settings.controls = {{.model = "edges", .image = "u1", .preprocess = {}}};
    });
    auto* low = f.child<QDoubleSpinBox>("cannyLow");
    auto* high = f.child<QDoubleSpinBox>("cannyHigh");
    QTRY_VERIFY(!low->isVisibleTo(low->parentWidget()));
    f.child<QCheckBox>("controlCanny")->setChecked(true);
    QVERIFY(low->isVisibleTo(low->parentWidget()) && high->isVisibleTo(high->parentWidget()));
    QCOMPARE(low->value(), 100.0);
    low->setValue(250);
    QCOMPARE(f.settings().controls[0].low, 250.0);
    QCOMPARE(f.settings().controls[0].high, 250.0);  // never below the lower one
    high->setValue(80);
    QCOMPARE(f.settings().controls[0].low, 80.0);
    f.child<QCheckBox>("controlGuess")->setChecked(true);
    QVERIFY(f.settings().controls[0].guess);
    api::check(f.settings());
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
};

QTEST_MAIN(CreateInputsTest)
#include "create_inputs_test.moc"
