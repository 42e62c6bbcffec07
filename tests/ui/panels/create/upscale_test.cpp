// Pictures made larger: from the gallery, from the picture to start from, and as a part of restored settings.
#include <QCheckBox>
#include <QComboBox>
#include <QDoubleSpinBox>
#include <QLabel>
#include <QMenu>
#include <QPushButton>

#include "tests/ui/panels/create/create_window.h"
#include "ui/panels/create/create_actions.h"
#include "ui/panels/create/figures.h"
#include "ui/panels/create/gallery_pane.h"
#include "ui/panels/create/upscale_dialog.h"
#include "ui/theme/theme.h"

using namespace diptych;
using namespace diptych::create;

class UpscaleTest : public QObject {
  Q_OBJECT

  ui::Theme* theme_ = nullptr;

  static void with_network(FakeCreateService& service) {
    service.files.push_back({"4x-sharp", api::ImageFileKind::upscaler, "", "", 1});
    api::ImageInfo& image = service.add("a", "a lighthouse");
    image.settings.negative = "blurry";
    image.settings.seed = 42;
    image.settings.width = image.settings.height = 512;
    image.settings.hires.emplace();
    image.settings.controls.push_back({.model = "canny", .image = "map", .preprocess = {}});
  }
  static UpscaleDialog* dialog_of(CreateWindow& f) { return f.window.findChild<UpscaleDialog*>("upscaleDialog"); }

 private slots:
  void initTestCase() { theme_ = new ui::Theme(qApp); }

  void a_picture_of_the_gallery_is_enlarged_with_its_own_words() {
    CreateWindow f(with_network);
    f.controller()->show_image("a");
    f.panel->commands()->upscale->trigger();
    UpscaleDialog* dialog = dialog_of(f);
    QVERIFY(dialog);
    QCOMPARE(dialog->findChild<QLabel*>("upscaleSizes")->text(), QStringLiteral("512 × 512 → 1024 × 1024"));
    QTRY_VERIFY(dialog->start_button()->isEnabled());
    QCOMPARE(dialog->cost()->text().simplified(), QStringLiteral("◐ ≈ 14.0 s · ◐ 3.20 GB, fits"));
    QCOMPARE(dialog->settings().upscale->upscaler, std::string("4x-sharp"));
    dialog->findChild<QDoubleSpinBox*>("upscaleBy")->setValue(3);
    QCOMPARE(dialog->findChild<QLabel*>("upscaleSizes")->text(), QStringLiteral("512 × 512 → 1536 × 1536"));
    QVERIFY(!dialog->start_button()->isEnabled());  // until it is known what that takes
    QTRY_VERIFY(dialog->start_button()->isEnabled());
    dialog->start_button()->click();
    QCOMPARE(f.service.asked.size(), size_t{1});
    const api::ImageSettings& asked = f.service.asked[0];
    QCOMPARE(asked.init->image, std::string("a"));
    QCOMPARE(asked.init->strength, 0.3);
    QCOMPARE(asked.upscale->scale, 3.0);
    QCOMPARE(asked.prompt, std::string("a lighthouse"));
    QCOMPARE(asked.seed, std::optional<int64_t>(42));
    QCOMPARE(asked.width, 0);
    QVERIFY(!asked.hires && asked.controls.empty());
    api::check(asked);
    QVERIFY(f.settings().prompt.empty() && !f.settings().upscale);  // the panel's own stay
    f.service.progress(1, 4);
    f.service.finish("large");
    QTRY_COMPARE(f.controller()->shown(), QStringLiteral("large"));
  }

  void enlarging_alone_asks_for_no_model() {
    CreateWindow f([](FakeCreateService& service) {
      service.add("a", "a lighthouse");
      service.models.clear();
    });
    f.controller()->show_image("a");
    f.panel->commands()->upscale->trigger();
    UpscaleDialog* dialog = dialog_of(f);
    QVERIFY(dialog && api::enlarges_only(dialog->settings()));
    QCOMPARE(dialog->settings().upscale->upscaler, std::string("lanczos"));
    QTRY_VERIFY(dialog->start_button()->isEnabled());
    QVERIFY(!dialog->findChild<QComboBox*>("upscaleModel")->isVisible());
    dialog->findChild<QDoubleSpinBox*>("upscaleStrength")->setValue(0.4);
    QTRY_VERIFY(dialog->findChild<QComboBox*>("upscaleModel")->isVisible());
  }

  void networks_that_know_whole_pictures_alone_add_no_details() {
    CreateWindow f([](FakeCreateService& service) {
      service.models[0].architecture = "causal_text";
      service.add("a", "a lighthouse");
    });
    f.controller()->show_image("a");
    f.panel->commands()->upscale->trigger();
    QVERIFY(api::enlarges_only(dialog_of(f)->settings()));
  }

  void what_does_not_fit_cannot_be_started() {
    CreateWindow f([](FakeCreateService& service) {
      service.add("a", "a lighthouse");
      service.free_bytes = 2'000'000'000;
    });
    f.controller()->show_image("a");
    f.panel->commands()->upscale->trigger();
    UpscaleDialog* dialog = dialog_of(f);
    QTRY_VERIFY(dialog->cost()->text().contains(QStringLiteral("too large")));
    QVERIFY(!dialog->start_button()->isEnabled());
  }

  void what_it_takes_is_predicted_again_once_the_host_is_back() {
    CreateWindow f(with_network);
    f.controller()->show_image("a");
    f.service.refusal = Failure{"Cannot reach the engine", "it does not answer", {}};
    f.panel->commands()->upscale->trigger();
    UpscaleDialog* dialog = dialog_of(f);
    QVERIFY(dialog && dialog->cost()->text().contains("it does not answer"));
    QVERIFY(!dialog->start_button()->isEnabled());
    emit f.service.ready_changed(false);
    f.service.refusal.reset();
    emit f.service.ready_changed(true);
    QTRY_VERIFY(dialog->start_button()->isEnabled());
    dialog->close();
  }

  void the_picture_to_start_from_is_enlarged_too() {
    CreateWindow f(with_network);
    f.controller()->input()->set_file(FakeCreateService::png(FakeCreateService::painted(QStringLiteral("x"), 64)));
    f.panel->canvas_page()->set_painting(true);
    QVERIFY(f.panel->commands()->upscale->isEnabled());
    f.panel->commands()->upscale->trigger();
    UpscaleDialog* dialog = dialog_of(f);
    QVERIFY(dialog);
    QCOMPARE(dialog->settings().init->image, std::string("u1"));
    QCOMPARE(dialog->findChild<QLabel*>("upscaleSizes")->text(), QStringLiteral("64 × 64 → 128 × 128"));
  }

  void restored_enlargements_are_seen_and_taken_back() {
    CreateWindow f(with_network);
    f.service.restored.settings.model = "tiny-sd";
    f.service.restored.settings.init.emplace().image = "a";
    f.service.restored.settings.upscale = api::ImageUpscale{.scale = 1.5, .upscaler = "4x-sharp"};
    f.service.restored.restored = {"init", "upscale"};
    f.controller()->restore_from(FakeCreateService::png(FakeCreateService::painted(QStringLiteral("x"), 64)));
    auto* enlarge = f.child<QCheckBox>("enlargeInput");
    QTRY_VERIFY(enlarge->isChecked());
    auto* scale = f.panel->parameters()->findChild<QDoubleSpinBox*>("upscaleBy");
    QCOMPARE(scale->value(), 1.5);
    scale->setValue(2.5);
    QCOMPARE(f.settings().upscale->scale, 2.5);
    f.controller()->store()->change([](api::ImageSettings& settings) { settings.width = settings.height = 4096; });
    f.controller()->input()->clear();
    QVERIFY(!f.settings().upscale);
    QCOMPARE(f.settings().width, 0);  // no picture of that size is made from nothing
  }

  void what_was_enlarged_says_so() {
    api::ImageInfo image;
    image.width = image.height = 1024;
    image.settings.steps = 20;
    image.settings.init.emplace().strength = 0;
    image.settings.upscale = api::ImageUpscale{.scale = 2, .upscaler = "4x-sharp"};
    QCOMPARE(about_line(image), QStringLiteral("1024 × 1024 · 2 × larger by 4x-sharp"));
    api::ImageProgress progress;
    progress.phase = "enlarging";
    progress.step = 2;
    progress.steps = 9;
    progress.images = 1;
    QCOMPARE(progress_line(progress), QStringLiteral("Enlarging, tile 3 of 9"));
  }

  // With DIPTYCH_SCREENSHOTS=FOLDER: pictures to look at.
  void screenshots() {
    const QString folder = qEnvironmentVariable("DIPTYCH_SCREENSHOTS");
    if (folder.isEmpty()) QSKIP("DIPTYCH_SCREENSHOTS names no folder");
    for (const auto choice : {ui::SchemeChoice::light, ui::SchemeChoice::dark}) {
      theme_->set_choice(choice);
      const QString theme = choice == ui::SchemeChoice::light ? QStringLiteral("light") : QStringLiteral("dark");
      CreateWindow f(with_network, {1280, 748});
      f.controller()->show_image("a");
      f.panel->commands()->upscale->trigger();
      QTest::qWait(600);
      dialog_of(f)->grab().save(QStringLiteral("%1/create-upscale-%2.png").arg(folder, theme));
      dialog_of(f)->findChild<QDoubleSpinBox*>("upscaleStrength")->setValue(0);
      QTest::qWait(600);
      dialog_of(f)->grab().save(QStringLiteral("%1/create-upscale-alone-%2.png").arg(folder, theme));
      dialog_of(f)->close();
      f.panel->commands()->use_as_input->trigger();
      f.child<QCheckBox>("enlargeInput")->setChecked(true);
      QTest::qWait(600);
      f.window.grab().save(QStringLiteral("%1/create-enlarge-%2.png").arg(folder, theme));
    }
  }
};

QTEST_MAIN(UpscaleTest)
#include "upscale_test.moc"
