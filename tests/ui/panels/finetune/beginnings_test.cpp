// What a fine-tuning can begin with beside a base: examples that come along, recipes of files.
#include <QDropEvent>
#include <QMimeData>
#include <QPushButton>
#include <QUrl>

#include "tests/ui/panels/finetune/finetune_window.h"
#include "ui/panels/finetune/goal_card.h"

using namespace diptych;
using namespace diptych::finetune;

class BeginningsTest : public QObject {
  Q_OBJECT

  ui::Theme* theme_ = nullptr;

  static void drop(QWidget* target, const QString& file) {
    QMimeData data;
    data.setUrls({QUrl::fromLocalFile(file)});
    QDragEnterEvent enter({10, 10}, Qt::CopyAction, &data, Qt::LeftButton, {});
    QCoreApplication::sendEvent(target, &enter);
    QVERIFY(enter.isAccepted());
    QDropEvent dropped({10, 10}, Qt::CopyAction, &data, Qt::LeftButton, {});
    QCoreApplication::sendEvent(target, &dropped);
  }
  static void with_examples(FakeFinetuneService& service) {
    service.examples = {FakeFinetuneService::example("ada", "Ada", "smollm2-135m", api::TrainingKind::text, "domain"),
                        FakeFinetuneService::example("style", "Delft style", "", api::TrainingKind::image, "style")};
  }
  static api::TrainingImport kohya() {
    api::TrainingImport import;
    import.recipe = {{"base", "tiny-sd"},
                     {"data",
                      {
                        { {"path", "/kohya/10_cat"},
                          { "repeats",
                            10 } }
                      }},
                     {"output", "/kohya/out"},
                     {"rank", 12},
                     {"steps", 77},
                     { "sample_prompts",
                       { "a cat" } }};
    import.not_taken = {{"xformers", "true", "not needed: memory is planned"}, { "mystery", "1", "no such option" }};
    return import;
  }

 private slots:
  void initTestCase() {
    theme_ = new ui::Theme(qApp);
    theme_->set_choice(ui::SchemeChoice::light);
  }

  void an_example_is_a_draft_with_its_data_and_goal() {
    FinetuneWindow f(with_examples);
    QVERIFY(!f.window.findChild<QPushButton*>("example_style"));  // its base is not here
    f.shoot(QStringLiteral("empty-examples"), theme_);
    f.click("try_ada");
    QCOMPARE(f.page(), WizardPage::data);
    QCOMPARE(f.draft()->draft().base(), QStringLiteral("smollm2-135m"));
    QCOMPARE(f.draft()->draft().data(), QStringList{"/examples/ada/data"});
    QCOMPARE(f.draft()->draft().title(), QStringLiteral("Ada"));
    QTRY_VERIFY(f.draft()->prediction().plan.has_value());
    QCOMPARE(f.draft()->draft().goal, QStringLiteral("domain"));  // not what the host recommends
    f.next();
    f.next();
    f.next();
    QCOMPARE(f.service.started.size(), 1u);
    QCOMPARE(f.service.started[0]["validation"], 0.1);
  }

  void an_example_can_be_begun_beside_the_bases() {
    FinetuneWindow f(with_examples);
    f.panel->create_new();
    QTest::qWait(50);  // laid out: a click goes to what lies there
    f.shoot(QStringLiteral("base-examples"), theme_);
    f.click("example_ada");
    QCOMPARE(f.page(), WizardPage::data);
  }

  void a_dropped_configuration_fills_the_steps() {
    FinetuneWindow f;
    f.service.report.kind = api::TrainingKind::image;
    f.service.import = kohya();
    drop(f.wizard(), QStringLiteral("/kohya/train.toml"));
    QVERIFY(f.service.log.contains(QStringLiteral("import /kohya/train.toml")));
    QCOMPARE(f.page(), WizardPage::goal);
    QCOMPARE(f.draft()->draft().base(), QStringLiteral("tiny-sd"));
    QCOMPARE(f.draft()->draft().data(), QStringList{"/kohya/10_cat"});
    QTRY_VERIFY(f.draft()->prediction().plan.has_value());
    QVERIFY2(f.notices.last().contains("train.toml was taken; 2 of its words"), qPrintable(f.notices.last()));
    auto* own = f.child<GoalCard>("goal_own");
    QVERIFY(own->isChecked());
    const QString reasons = f.label("goalReasons");
    QVERIFY2(reasons.contains("xformers = true: not needed: memory is planned"), qPrintable(reasons));
    QVERIFY(reasons.contains("mystery = 1: no such option"));
    f.shoot(QStringLiteral("goal-own"), theme_);
    // What a person changes counts on top; a goal of the host is one click away.
    f.draft()->change({{"rank", 16}});
    QTRY_VERIFY(!f.draft()->planning());
    f.next();
    f.next();
    QCOMPARE(f.service.started.size(), 1u);
    const api::Json& started = f.service.started[0];
    QCOMPARE(started["rank"], 16);
    QCOMPARE(started["steps"], 77);
    QCOMPARE(started["output"], "/kohya/out");
    QCOMPARE(started["data"][0]["repeats"], 10);
  }

  void what_the_file_lacks_is_asked_for() {
    FinetuneWindow f;
    f.service.report.kind = api::TrainingKind::image;
    f.service.import = kohya();
    f.service.import.recipe.erase("base");
    f.service.import.not_taken = {{"base", "sdxl.safetensors", "there is no such model"}};
    f.controller()->import_recipe(QStringLiteral("/kohya/train.toml"));
    QCOMPARE(f.page(), WizardPage::base);
    f.draft()->choose_base(*f.controller()->base_named(QStringLiteral("tiny-sd")));
    QTRY_VERIFY(f.draft()->prediction().plan.has_value());
    QCOMPARE(f.draft()->draft().goal, QStringLiteral("own"));  // it stays
    QCOMPARE(f.draft()->recipe()["rank"], 12);
    QCOMPARE(f.draft()->recipe()["base"], "tiny-sd");
    // A base of another kind cannot use it.
    f.draft()->choose_base(*f.controller()->base_named(QStringLiteral("smollm2-135m")));
    QVERIFY(f.draft()->draft().own.empty());
    QVERIFY(f.draft()->draft().data().isEmpty());
  }

  void a_data_sets_file_keeps_the_base_that_was_chosen() {
    FinetuneWindow f;
    f.service.report.kind = api::TrainingKind::image;
    f.choose_base(QStringLiteral("tiny-sd"));
    f.service.import = kohya();
    f.service.import.recipe.erase("base");
    drop(f.wizard()->data_page(), QStringLiteral("/kohya/set.toml"));
    QCOMPARE(f.page(), WizardPage::goal);
    QCOMPARE(f.draft()->draft().base(), QStringLiteral("tiny-sd"));
    QCOMPARE(f.draft()->draft().data(), QStringList{"/kohya/10_cat"});
  }

  void a_file_that_cannot_be_read_says_why() {
    FinetuneWindow f;
    Failure failure;
    failure.what = QStringLiteral("cannot read train.toml");
    failure.why = QStringLiteral("line 2 is broken");
    f.service.import_failure = failure;
    f.controller()->import_recipe(QStringLiteral("/kohya/train.toml"));
    QVERIFY(f.notices.last().contains("line 2 is broken"));
    QVERIFY(f.controller()->drafts()->drafts().empty());
  }

  void it_survives_a_restart() {
    QTemporaryDir folder;
    const QString file = folder.filePath("window.ini");
    {
      FinetuneWindow f({}, file);
      f.service.report.kind = api::TrainingKind::image;
      f.service.import = kohya();
      f.controller()->import_recipe(QStringLiteral("/kohya/train.toml"));
    }
    FinetuneWindow f([](FakeFinetuneService& service) { service.report.kind = api::TrainingKind::image; }, file);
    QTRY_VERIFY(f.draft()->prediction().plan.has_value());
    QCOMPARE(f.draft()->draft().own.not_taken.size(), 2u);
    QCOMPARE(f.draft()->draft().own.file, QStringLiteral("train.toml"));
    QCOMPARE(f.draft()->recipe()["rank"], 12);
  }
};

QTEST_MAIN(BeginningsTest)
#include "beginnings_test.moc"
