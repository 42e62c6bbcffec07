// What a picture starts from: which model is taken, what it needs, the picture and mask of restored settings, relatives
// of a picture.
#include <QDoubleSpinBox>
#include <QLabel>
#include <QLineEdit>
#include <QMenu>
#include <QPushButton>
#include <QSpinBox>
#include <QToolButton>

#include "tests/ui/panels/create/create_window.h"
#include "ui/panels/create/create_actions.h"
#include "ui/panels/create/plot_dialog.h"
#include "ui/theme/theme.h"

using namespace diptych;
using namespace diptych::create;

namespace {

api::ModelInfo image_model(const std::string& id, bool shipped) {
  api::ModelInfo model;
  model.id = model.name = id;
  model.kind = api::ModelKind::image;
  model.shipped = shipped;
  return model;
}

// A model that came along and reads prompts with one that is not there.
void only_a_starter_without_its_reader(FakeCreateService& service) {
  api::ModelInfo starter = image_model("emoji-starter", true);
  starter.state = api::ModelState::failed;
  starter.error = api::make_error("not_found", "cannot load pipeline", "emoji-starter", "its reader is missing", "");
  starter.needs = "reader";
  service.models = {starter};
  service.described.id = "emoji-starter";
  service.catalogue = {{"reader", "Reader 1B", "llama", "Apache-2.0", 98'400'000, false, ""}};
}

QByteArray mask_of(QSize size, const QRect& white) {
  QImage mask(size, QImage::Format_Grayscale8);
  mask.fill(0);
  for (int y = white.top(); y <= white.bottom(); ++y)
    for (int x = white.left(); x <= white.right(); ++x) mask.setPixelColor(x, y, Qt::white);
  return FakeCreateService::png(mask);
}

}  // namespace

class CreateStartTest : public QObject {
  Q_OBJECT

 private slots:
  void initTestCase() { new ui::Theme(qApp); }

  void the_users_own_model_comes_before_one_that_came_along() {
    CreateWindow f([](FakeCreateService& service) {
      service.models = {image_model("emoji-starter", true), image_model("tiny-sd", false)};
    });
    QCOMPARE(f.settings().model, std::string("tiny-sd"));
    QVERIFY(f.controller()->blocked().isEmpty());
  }

  void a_model_that_nobody_chose_gives_way_until_it_is_used() {
    QTemporaryDir folder;
    const auto model_after = [&](std::vector<api::ModelInfo> models, bool use) {
      FakeCreateService service;
      service.models = std::move(models);
      ui::Preferences preferences(folder.filePath("window.ini"));
      CreatePanel panel(&service, &preferences);
      if (use) panel.controller()->generate();
      return panel.controller()->store()->settings().model;
    };
    const api::ModelInfo starter = image_model("emoji-starter", true), own = image_model("tiny-sd", false);
    QCOMPARE(model_after({starter}, false), std::string("emoji-starter"));
    QCOMPARE(model_after({starter, own}, false), std::string("tiny-sd"));
    QCOMPARE(model_after({starter}, true), std::string("emoji-starter"));
    QCOMPARE(model_after({starter, own}, false), std::string("emoji-starter"));  // used last
  }

  void a_new_model_of_the_users_replaces_the_proposed_one() {
    CreateWindow f([](FakeCreateService& service) { service.models = {image_model("emoji-starter", true)}; });
    QCOMPARE(f.settings().model, std::string("emoji-starter"));
    f.service.models.push_back(image_model("tiny-sd", false));
    f.service.list_models();
    QCOMPARE(f.settings().model, std::string("tiny-sd"));
    f.controller()->choose_model(QStringLiteral("emoji-starter"));
    f.service.list_models();
    QCOMPARE(f.settings().model, std::string("emoji-starter"));
  }

  void what_a_model_needs_is_offered_and_fetched() {
    CreateWindow f(only_a_starter_without_its_reader);
    QVERIFY2(f.notices.isEmpty(), qPrintable(f.notices.join('\n')));
    QCOMPARE(f.controller()->blocked(), QStringLiteral("Reader 1B is missing"));
    QVERIFY(!f.child<QPushButton>("generateButton")->isEnabled());
    QVERIFY(f.child<QWidget>("missingModel")->isVisible());
    auto* get = f.child<QPushButton>("getMissing");  // in the middle, as there is no picture
    QVERIFY(get->isVisible());
    QCOMPARE(get->text().simplified(), QStringLiteral("Get it · 98.4 MB"));
    QTest::mouseClick(get, Qt::LeftButton);
    QCOMPARE(f.service.log.last(), QStringLiteral("get reader"));
    api::JobProgress progress;
    progress.phase = "downloading";
    progress.bytes = 49'200'000;
    progress.total_bytes = 98'400'000;
    progress.bytes_per_s = 4'920'000;
    progress.progress = 0.5;
    emit f.service.get_progressed(QStringLiteral("reader"), progress);
    QVERIFY2(f.controller()->missing()->progress_line().simplified().endsWith("≈ 10.0 s left"),
             qPrintable(f.controller()->missing()->progress_line()));
    QCOMPARE(get->text(), QStringLiteral("Cancel"));
    emit f.service.get_ended(QStringLiteral("reader"), true, {});
    f.service.models[0].error.reset();
    f.service.models[0].needs.clear();
    f.service.list_models();
    QVERIFY(f.controller()->blocked().isEmpty());
    QVERIFY(f.controller()->store()->model() != nullptr);
    QVERIFY(!f.child<QWidget>("missingModel")->isVisible());
  }

  void a_download_that_fails_says_why_and_can_be_cancelled() {
    CreateWindow f(only_a_starter_without_its_reader);
    f.click("getMissingModel");
    emit f.service.get_ended(QStringLiteral("reader"), false, QStringLiteral("the network cannot be reached"));
    QCOMPARE(f.notices.size(), 1);
    QVERIFY(f.notices[0].contains("the network cannot be reached"));
    f.click("getMissingModel");
    f.click("cancelGet");
    QVERIFY(!f.controller()->missing()->getting());
    QCOMPARE(f.notices.size(), 1);
  }

  void a_model_without_text_encoders_takes_those_of_other_files() {
    CreateWindow f([](FakeCreateService& service) {
      service.needed_encoders = 1;
      service.files.push_back({"t5-xxl", api::ImageFileKind::text_encoder, "", "", 1});
    });
    QVERIFY2(f.controller()->blocked().contains("a text encoder is missing"), qPrintable(f.controller()->blocked()));
    QVERIFY(f.notices.isEmpty());
    auto* button = f.child<QPushButton>("textEncoders");
    QVERIFY(button->isVisible());
    QTest::mouseClick(button, Qt::LeftButton);
    auto* menu = button->parentWidget()->parentWidget()->findChild<QMenu*>();
    QVERIFY(menu);
    menu->actions().first()->trigger();
    menu->close();
    QCOMPARE(f.settings().text_encoders, std::vector<std::string>{"t5-xxl"});
    QVERIFY(f.controller()->blocked().isEmpty());
    QCOMPARE(button->text(), QStringLiteral("t5-xxl"));
  }

  void a_model_that_could_not_be_described_is_described_again_with_the_next_list() {
    CreateWindow f;
    const auto described = [&] { return f.service.log.count(QStringLiteral("describe tiny-sd")); };
    QVERIFY(f.controller()->store()->model() != nullptr);
    f.service.needed_encoders = 1;  // stands for a host that does not answer
    f.controller()->store()->change([](api::ImageSettings& settings) { settings.vae = "other"; });
    QVERIFY(!f.controller()->blocked().isEmpty());
    const auto before = described();
    f.service.list_models();
    QCOMPARE(described(), before + 1);
    QVERIFY(!f.controller()->blocked().isEmpty());
    f.service.needed_encoders = 0;
    emit f.service.ready_changed(false);
    emit f.service.ready_changed(true);
    QVERIFY2(f.controller()->blocked().isEmpty(), qPrintable(f.controller()->blocked()));
    QCOMPARE(described(), before + 2);
    f.service.list_models();
    QCOMPARE(described(), before + 2);  // it is known
  }

  void a_model_of_any_folder_is_opened_by_its_path() {
    CreateWindow f;
    f.service.described.id = "elsewhere";
    f.service.by_path["/disk/elsewhere.safetensors"] = "elsewhere";
    f.controller()->open_model(QStringLiteral("/disk/elsewhere.safetensors"));
    QCOMPARE(f.settings().model, std::string("elsewhere"));
    QVERIFY(f.controller()->store()->model() != nullptr);
    f.controller()->open_model(QStringLiteral("/disk/broken.ckpt"));
    QCOMPARE(f.settings().model, std::string("elsewhere"));
    QCOMPARE(f.notices.size(), 1);
  }

  void the_mask_of_restored_settings_is_drawn_and_not_sent_again() {
    CreateWindow f([](FakeCreateService& service) {
      service.inputs[QStringLiteral("umask")] = mask_of({512, 512}, {100, 100, 50, 50});
    });
    f.controller()->store()->change([](api::ImageSettings& settings) {
      settings.init.emplace().image = "upicture";
      settings.init->mask = "umask";
    });
    InputPicture* input = f.controller()->input();
    QVERIFY(input->is_set());
    QCOMPARE(qGray(input->mask()->image().pixel(120, 120)), 255);
    QCOMPARE(qGray(input->mask()->image().pixel(90, 90)), 0);
    QTRY_COMPARE(f.child<QPushButton>("paintMask")->text(), QStringLiteral("Edit the mask"));
    f.panel->canvas_page()->set_painting(true);
    QTest::qWait(50);
    const QPoint inside = f.canvas()->view().to_widget({125, 125}).toPoint();
    const QImage with = f.canvas()->grab().toImage();
    input->mask()->undo();
    const QImage without = f.canvas()->grab().toImage();
    QVERIFY(with.pixel(inside) != without.pixel(inside));
    input->mask()->redo();
    f.panel->canvas_page()->set_painting(false);
    f.controller()->store()->change([](api::ImageSettings& settings) { settings.init->mask = ""; });
    QVERIFY(input->mask()->empty());
    f.controller()->store()->change([](api::ImageSettings& settings) { settings.init->mask = "umask"; });
    f.controller()->generate();
    QVERIFY(f.service.uploads.isEmpty());
    QCOMPARE(f.service.asked.back().init->mask, std::string("umask"));
  }

  void another_restored_picture_does_not_keep_the_mask_of_the_one_before() {
    CreateWindow f([](FakeCreateService& service) {
      service.inputs[QStringLiteral("umask")] = mask_of({512, 512}, {100, 100, 50, 50});
    });
    f.controller()->store()->change([](api::ImageSettings& settings) {
      settings.init.emplace().image = "upicture";
      settings.init->mask = "umask";
    });
    f.controller()->store()->change([](api::ImageSettings& settings) {
      settings.init->image = "uother";
      settings.init->mask = "";
    });
    QVERIFY(f.controller()->input()->is_set());
    QVERIFY(f.controller()->input()->mask()->empty());
  }

  void what_the_host_has_no_more_is_said() {
    CreateWindow f([](FakeCreateService& service) { service.gone = {"upicture"}; });
    f.controller()->store()->change([](api::ImageSettings& settings) {
      settings.prompt = "kept";
      settings.init.emplace().image = "upicture";
    });
    QVERIFY(!f.settings().init);
    QCOMPARE(f.settings().prompt, std::string("kept"));
    QCOMPARE(f.notices.size(), 1);
    QVERIFY2(f.notices[0].contains("no longer there") && f.notices[0].contains("Open it again"),
             qPrintable(f.notices[0]));
    f.service.gone = {"umask"};
    f.controller()->store()->change([](api::ImageSettings& settings) {
      settings.init.emplace().image = "uother";
      settings.init->mask = "umask";
    });
    QVERIFY(f.controller()->input()->is_set());
    QCOMPARE(f.settings().init->mask, std::string());
    QCOMPARE(f.notices.size(), 2);
  }

  void what_a_picture_takes_is_asked_again_once_the_host_is_back() {
    CreateWindow f;
    QTRY_VERIFY(f.controller()->estimate().has_value());
    f.service.refusal = Failure{"Cannot reach the engine", "it does not answer", {}};
    f.controller()->store()->change([](api::ImageSettings& settings) { settings.steps = 30; });
    QTRY_VERIFY(f.controller()->estimate_failure().has_value());
    emit f.service.ready_changed(false);
    f.service.refusal.reset();
    emit f.service.ready_changed(true);
    QTRY_VERIFY(f.controller()->estimate().has_value());
    QVERIFY(!f.controller()->estimate_failure());
  }

  void an_input_is_sent_again_to_a_host_that_may_not_have_it() {
    CreateWindow f;
    f.controller()->input()->set_file(FakeCreateService::png(FakeCreateService::painted(QStringLiteral("x"), 256)));
    f.controller()->generate();
    QCOMPARE(f.service.uploads.size(), 1);
    emit f.service.ready_changed(false);
    emit f.service.ready_changed(true);
    f.controller()->generate();
    QCOMPARE(f.service.uploads.size(), 2);
    QCOMPARE(f.service.asked.back().init->image, std::string("u2"));
    f.controller()->generate();
    QCOMPARE(f.service.uploads.size(), 2);
  }

  void control_maps_are_shown_and_missed() {
    CreateWindow f([](FakeCreateService& service) { service.gone = {"ugone"}; });
    f.controller()->store()->change([](api::ImageSettings& settings) {
      settings.controls.resize(2);
      settings.controls[0].model = settings.controls[1].model = "canny";
      settings.controls[0].image = "umap";
      settings.controls[1].image = "ugone";
    });
    const auto maps = f.window.findChildren<QLabel*>(QStringLiteral("controlMap"));
    QCOMPARE(maps.size(), 2);
    QCOMPARE(maps[0]->pixmap().isNull(), false);
    QVERIFY(maps[1]->pixmap().isNull() && maps[1]->toolTip().contains("no longer there"));
  }

  void a_number_that_is_still_being_typed_counts() {
    CreateWindow f;
    auto* steps = f.child<QSpinBox>("steps");
    const auto type = [&](const QString& digits) {
      steps->setFocus();
      steps->selectAll();
      QTest::keyClicks(steps, digits);
    };
    type(QStringLiteral("33"));
    QVERIFY(steps->hasFocus());
    f.panel->commands()->generate->trigger();
    QCOMPARE(f.service.asked.size(), size_t{1});
    QCOMPARE(f.service.asked.back().steps, 33);
    QCOMPARE(steps->value(), 33);
    type(QStringLiteral("44"));
    f.click("addToQueue");
    QCOMPARE(f.service.asked.size(), size_t{2});
    QCOMPARE(f.service.asked.back().steps, 44);
    type(QStringLiteral("12"));
    f.panel->commands()->plot->trigger();
    QCOMPARE(f.settings().steps, 12);
    f.window.findChild<PlotDialog*>()->close();
  }

  void relatives_of_the_picture_shown_are_one_field_away() {
    CreateWindow f([](FakeCreateService& service) { service.add("a", "a lighthouse"); });
    f.click("advanced");
    auto* seed = f.child<QLineEdit>("variationSeed");
    QVERIFY(!seed->isVisible());
    f.child<QDoubleSpinBox>("variation")->setValue(0.2);
    QVERIFY(f.settings().variation.has_value());
    QCOMPARE(f.settings().variation->strength, 0.2);
    QCOMPARE(f.settings().seed, std::optional<int64_t>(42));  // of the picture shown
    QVERIFY(seed->isVisible());
    QCOMPARE(seed->text(), QString::number(f.settings().variation->seed));
    QVERIFY(!f.child<QToolButton>("variationSeedLock")->isVisible());
    seed->setText({});
    QTest::keyClicks(seed, "77");
    QCOMPARE(f.settings().variation->seed, 77);
    f.child<QDoubleSpinBox>("variation")->setValue(0);
    QVERIFY(!f.settings().variation);
    QVERIFY(!seed->isVisible());
  }
};

QTEST_MAIN(CreateStartTest)
#include "create_start_test.moc"
