// A person at the wizard, on a host without a host: from a base to a run.
#include <QAccessible>
#include <QComboBox>
#include <QDropEvent>
#include <QLineEdit>
#include <QListView>
#include <QMimeData>
#include <QPlainTextEdit>
#include <QPushButton>
#include <QSpinBox>
#include <QTabBar>
#include <QTextBrowser>
#include <QToolButton>
#include <QUrl>

#include "tests/ui/panels/finetune/finetune_window.h"
#include "ui/panels/finetune/facts_grid.h"
#include "ui/panels/finetune/goal_card.h"
#include "ui/panels/finetune/goal_page.h"
#include "ui/panels/finetune/runs_pane.h"
#include "ui/panels/finetune/step_list.h"
#include "ui/widgets/elided_label.h"

using namespace diptych;
using namespace diptych::finetune;

class WizardTest : public QObject {
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

 private slots:
  void initTestCase() {
    theme_ = new ui::Theme(qApp);
    theme_->set_choice(ui::SchemeChoice::light);
  }

  void an_empty_panel_says_what_to_do() {
    FinetuneWindow f;
    QVERIFY(f.child<QWidget>("finetuneEmpty")->isVisible());
    QVERIFY(f.child<QLabel>("emptyList")->text().contains("No runs yet"));
    f.shoot(QStringLiteral("empty"), theme_);
    QTest::mouseClick(f.child<QWidget>("finetuneEmpty")->findChild<QPushButton*>(), Qt::LeftButton);
    QVERIFY(!f.child<QWidget>("finetuneEmpty")->isVisible());
    QCOMPARE(f.page(), WizardPage::base);
  }

  void only_what_can_be_trained_is_a_base() {
    FinetuneWindow f;
    f.panel->create_new();
    QListView* list = f.wizard()->base_page()->list();
    QCOMPARE(list->model()->rowCount(), 3);
    QVERIFY(!f.child<QPushButton>("next")->isEnabled());
    list->setCurrentIndex(list->model()->index(2, 0));
    QCOMPARE(f.controller()->blocked(), QStringLiteral("its architecture has no backward pass"));
    QVERIFY(!f.child<QPushButton>("next")->isEnabled());
    QTest::keyClicks(f.child<QLineEdit>("baseFilter"), "smol");
    QCOMPARE(list->model()->rowCount(), 1);
    list->setCurrentIndex(list->model()->index(0, 0));
    QVERIFY(f.child<QPushButton>("next")->isEnabled());
    f.child<QLineEdit>("baseFilter")->clear();
    f.shoot(QStringLiteral("base"), theme_);
    f.next();
    QCOMPARE(f.page(), WizardPage::data);
    QVERIFY(!f.child<QPushButton>("next")->isEnabled());
    f.shoot(QStringLiteral("data-none"), theme_);
  }

  void data_are_dropped_and_judged() {
    FinetuneWindow f;
    f.choose_base(QStringLiteral("smollm2-135m"));
    drop(f.wizard()->data_page()->viewport(), QStringLiteral("/data/train.jsonl"));
    QTRY_VERIFY(f.draft()->report().has_value());
    QVERIFY(f.child<QPushButton>("next")->isEnabled());
    const QString shown = f.wizard()->data_page()->text()->toPlainText();
    QVERIFY(shown.contains("Why do cats purr?"));
    QVERIFY(shown.contains("<observation>"));  // as text, not as markup
    QVERIFY(shown.contains("train.jsonl, line 1 · 38 tokens, 14 learnt"));
    QVERIFY(f.wizard()->data_page()->text()->toHtml().contains("underline"));
    QCOMPARE(f.child<FactsGrid>("dataFacts")->value(QStringLiteral("Examples to learn from")), QStringLiteral("273"));
    QCOMPARE(f.wizard()->data_page()->tabs()->tabText(1), QStringLiteral("Problems (3)"));
    f.shoot(QStringLiteral("data-text"), theme_);
    f.wizard()->data_page()->tabs()->setCurrentIndex(1);
    QVERIFY(
        f.wizard()->data_page()->text()->toPlainText().contains("it has no answer: the last message is the user's"));
    QVERIFY(f.wizard()->data_page()->text()->toPlainText().contains("it says what train.jsonl, line 3 says"));
    f.shoot(QStringLiteral("data-problems"), theme_);
    const auto checks = f.service.log.filter(QStringLiteral("check")).size();
    f.child<QSpinBox>("heldOut")->setValue(20);
    QCOMPARE(f.draft()->held_out(), 0.2);
    QTRY_COMPARE(f.service.log.filter(QStringLiteral("check")).size(), checks + 1);
  }

  void data_that_cannot_be_used_say_why() {
    FinetuneWindow f([](FakeFinetuneService& service) {
      service.report = {};
      service.report.error = api::make_error("invalid_file", "cannot learn from data", "train.jsonl", "it is empty",
                                             "write at least one example");
    });
    f.choose_base(QStringLiteral("smollm2-135m"));
    f.draft()->set_data({QStringLiteral("/data/train.jsonl")});
    QTRY_COMPARE(f.label("dataStatus"),
                 QStringLiteral("Cannot learn from data (train.jsonl): it is empty. Write at least one example"));
    QVERIFY(!f.child<QPushButton>("next")->isEnabled());
  }

  void captions_are_edited_in_their_place_and_come_back() {
    FinetuneWindow f([](FakeFinetuneService& service) { service.image_report(); });
    f.choose_base(QStringLiteral("tiny-sd"));
    f.choose_data(QStringLiteral("/data/lantern"));
    QListView* grid = f.wizard()->data_page()->pictures();
    QVERIFY(grid->isVisible());
    QCOMPARE(grid->model()->rowCount(), 12);
    QTRY_VERIFY(!grid->model()->index(0, 0).data(Qt::DecorationRole).value<QPixmap>().isNull());
    f.shoot(QStringLiteral("data-pictures"), theme_);
    grid->setFocus();
    grid->setCurrentIndex(grid->model()->index(4, 0));
    QTest::keyClick(grid, Qt::Key_F2);
    auto* editor = grid->findChild<QPlainTextEdit*>(QStringLiteral("captionEditor"));
    QVERIFY(editor);
    QTest::keyClicks(editor, "a red lantern");
    QTest::keyClick(editor, Qt::Key_Return);
    QCOMPARE(f.service.log.last(), QStringLiteral("caption /data/lantern/4.png: a red lantern"));
    QTRY_COMPARE(grid->model()->index(4, 0).data().toString(), QStringLiteral("a red lantern"));
    QVERIFY(f.undo->can_undo());
    f.undo->undo();
    QTRY_VERIFY(f.service.log.last().startsWith("caption /data/lantern/4.png: "));
    QCOMPARE(f.service.report.pictures[4].caption, std::string());
  }

  void goals_say_what_they_take() {
    FinetuneWindow f;
    f.choose_base(QStringLiteral("smollm2-135m"));
    f.choose_data(QStringLiteral("/data/train.jsonl"));
    f.next();
    QCOMPARE(f.page(), WizardPage::goal);
    const QList<GoalCard*> cards = f.wizard()->goal_page()->cards();
    QCOMPARE(cards.size(), 2);
    QTRY_VERIFY(cards[0]->figures().contains("Memory"));
    QCOMPARE(cards[1]->figures().replace(QChar::Nbsp, ' '),
             QStringLiteral("Memory ◐ 1.16 GB, Time ○ 4 min 0 s, Energy ○ 15.0 kJ, Result 19.6 MB"));
    QVERIFY(cards[1]->isChecked());
    QTest::mouseClick(cards[0], Qt::LeftButton);
    QCOMPARE(f.draft()->draft().goal, QStringLiteral("domain"));
    QVERIFY(f.label("goalReasons").contains("96 steps"));
    f.shoot(QStringLiteral("goal"), theme_);
    f.click("advancedRecipe");
    auto* rank = f.child<QSpinBox>("recipe_rank");
    QCOMPARE(rank->value(), 16);
    rank->setValue(64);
    QVERIFY(f.draft()->changed());
    QTRY_COMPARE(f.draft()->prediction().plan->result_bytes, int64_t{78'400'000});
    f.shoot(QStringLiteral("goal-advanced"), theme_);
    f.click("resetRecipe");
    QCOMPARE(rank->value(), 16);
    auto* rate = f.child<QLineEdit>("recipe_learning_rate");
    rate->setFocus();
    rate->selectAll();
    QTest::keyClicks(rate, "1e-4");
    QTest::keyClick(rate, Qt::Key_Return);
    QCOMPARE(f.draft()->recipe()["learning_rate"].get<double>(), 1e-4);
    auto* optimizer = f.child<QComboBox>("recipe_optimizer.name");
    QCOMPARE(optimizer->currentData().toString(), QStringLiteral("adamw"));
    QVERIFY(!f.child<QWidget>("recipe_image.resolution")->isVisible());
  }

  void a_text_encoder_that_is_trained_has_a_rate_of_its_own() {
    FinetuneWindow f([](FakeFinetuneService& service) { service.image_report(); });
    f.choose_base(QStringLiteral("tiny-sd"));
    f.choose_data(QStringLiteral("/data/lantern"));
    f.next();
    f.click("advancedRecipe");
    auto* rate = f.child<QLineEdit>("recipe_text_encoder_learning_rate");
    QVERIFY(!rate->isVisible());
    f.child<QAbstractButton>("recipe_train_text_encoder")->click();
    QCOMPARE(f.draft()->recipe()["train_text_encoder"], true);
    QVERIFY(rate->isVisible());
    rate->setFocus();
    QTest::keyClicks(rate, "5e-5");
    QTest::keyClick(rate, Qt::Key_Return);
    QCOMPARE(f.draft()->recipe()["text_encoder_learning_rate"].get<double>(), 5e-5);
  }

  void what_does_not_fit_offers_what_would() {
    FinetuneWindow f([](FakeFinetuneService& service) { service.free_bytes = 1'000'000'000; });
    f.choose_base(QStringLiteral("smollm2-135m"));
    f.choose_data(QStringLiteral("/data/train.jsonl"));
    f.next();
    f.next();
    QCOMPARE(f.page(), WizardPage::check);
    QVERIFY2(f.label("verdict").startsWith("Does not fit"), qPrintable(f.label("verdict")));
    QVERIFY(!f.child<QPushButton>("next")->isEnabled());
    QCOMPARE(f.child<ui::ElidedLabel>("hint")->full_text(), QStringLiteral("It does not fit into the memory"));
    f.shoot(QStringLiteral("check-too-large"), theme_);
    f.click("use_recompute");
    QTRY_VERIFY(f.label("verdict").startsWith("Fits"));
    QCOMPARE(f.draft()->recipe()["recompute"].get<std::string>(), std::string("full"));
    QVERIFY(f.child<QPushButton>("next")->isEnabled());
    f.shoot(QStringLiteral("check"), theme_);
  }

  void starting_turns_the_draft_into_a_run() {
    FinetuneWindow f;
    f.choose_base(QStringLiteral("smollm2-135m"));
    f.choose_data(QStringLiteral("/data/train.jsonl"));
    f.next();
    f.next();
    auto* name = f.child<QLineEdit>("runName");
    name->setFocus();
    QTest::keyClicks(name, "Ada");
    QTest::keyClick(name, Qt::Key_Return);
    f.next();
    QCOMPARE(f.service.started.size(), size_t{1});
    QCOMPARE(f.service.started[0]["base"].get<std::string>(), std::string("smollm2-135m"));
    QCOMPARE(f.service.started[0]["steps"].get<int>(), 40);
    QVERIFY(f.controller()->drafts()->drafts().empty());
    QCOMPARE(f.page(), WizardPage::run);
    QCOMPARE(f.controller()->watch()->run()->name, std::string("Ada"));
    QCOMPARE(f.service.followed, QStringLiteral("r1/j1"));
    QVERIFY(!f.wizard()->steps()->button(WizardPage::data)->isEnabled());
    QVERIFY(!f.wizard()->steps()->button(WizardPage::result)->isEnabled());
  }

  void a_start_that_is_refused_loses_nothing() {
    FinetuneWindow f([](FakeFinetuneService& service) {
      service.start_failure = Failure{"Cannot start", "the disk has 2 MB left", "make room"};
    });
    f.start(QStringLiteral("smollm2-135m"), QStringLiteral("/data/train.jsonl"));
    QCOMPARE(f.notices, QStringList{QStringLiteral("Cannot start: the disk has 2 MB left. make room")});
    QCOMPARE(f.page(), WizardPage::check);
    QCOMPARE(f.controller()->drafts()->drafts().size(), size_t{1});
    QVERIFY(f.child<QPushButton>("next")->isEnabled());
  }

  void steps_go_back_and_forth() {
    FinetuneWindow f;
    f.choose_base(QStringLiteral("smollm2-135m"));
    f.choose_data(QStringLiteral("/data/train.jsonl"));
    f.next();
    f.next();
    QTest::mouseClick(f.wizard()->steps()->button(WizardPage::base), Qt::LeftButton);
    QCOMPARE(f.page(), WizardPage::base);
    QTest::mouseClick(f.wizard()->steps()->button(WizardPage::check), Qt::LeftButton);
    QCOMPARE(f.page(), WizardPage::check);
    f.click("back");
    QCOMPARE(f.page(), WizardPage::goal);
  }

  void it_folds_in_a_small_window() {
    FinetuneWindow f({}, {}, {1024, 648});
    f.choose_base(QStringLiteral("smollm2-135m"));
    f.choose_data(QStringLiteral("/data/train.jsonl"));
    f.window.resize(900, 600);
    QTRY_COMPARE(f.wizard()->steps()->width(), StepList::narrow);
    QVERIFY(f.child<QPushButton>("next")->isVisible());
    f.shoot(QStringLiteral("small"), theme_);
    f.window.resize(1300, 700);
    QTRY_COMPARE(f.wizard()->steps()->width(), StepList::wide);
  }

  void steps_speak() {
    FinetuneWindow f;
    f.choose_base(QStringLiteral("smollm2-135m"));
    QWidget* goal = f.wizard()->steps()->button(WizardPage::goal);
    QCOMPARE(QAccessible::queryAccessibleInterface(goal)->text(QAccessible::Name), QStringLiteral("Step 3: Goal"));
    QCOMPARE(goal->accessibleDescription(), QStringLiteral("Choose data to learn from first"));
    QCOMPARE(f.wizard()->steps()->button(WizardPage::base)->accessibleDescription(),
             QStringLiteral("Done. smollm2-135m"));
  }
};

QTEST_MAIN(WizardTest)
#include "wizard_test.moc"
