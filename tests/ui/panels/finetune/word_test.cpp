// A new word (textual inversion) at the wizard: offered where the base can learn one, judged as it is typed, compared
// with what it began as, and used in Create.
#include <QComboBox>
#include <QDoubleSpinBox>
#include <QLineEdit>
#include <QPushButton>
#include <QSpinBox>

#include "tests/ui/panels/finetune/finetune_window.h"
#include "ui/panels/finetune/goal_card.h"
#include "ui/panels/finetune/goal_page.h"
#include "ui/panels/finetune/word_recipe.h"

using namespace diptych;
using namespace diptych::finetune;

namespace {

void learn_words(FakeFinetuneService& service) {
  service.image_report();
  service.bases[1].methods = {"lora", "textual_inversion"};
}

}  // namespace

class WordTest : public QObject {
  Q_OBJECT

  ui::Theme* theme_ = nullptr;

  // On the page Goal with the goal of a word.
  static void choose_word(FinetuneWindow& f) {
    f.choose_base(QStringLiteral("tiny-sd"));
    f.choose_data(QStringLiteral("/data/lantern"));
    f.next();
    GoalCard* card = f.wizard()->goal_page()->cards().last();
    QCOMPARE(card->name(), QStringLiteral("word"));
    QTRY_VERIFY(card->figures().contains("Memory"));
    QTest::mouseClick(card, Qt::LeftButton);
    QTRY_VERIFY(f.controller()->word()->report().has_value());
  }
  static void type(FinetuneWindow& f, const char* field, const QString& text) {
    auto* line = f.child<QLineEdit>(field);
    line->setFocus();
    line->selectAll();
    if (text.isEmpty())
      QTest::keyClick(line, Qt::Key_Delete);
    else
      QTest::keyClicks(line, text);
  }
  static void run_word(FinetuneWindow& f) {
    choose_word(f);
    type(f, "recipe_token_start", QStringLiteral("lamp"));
    f.next();
    QTRY_VERIFY(f.controller()->blocked().isEmpty());
    f.next();
    f.service.step("r1");
    f.service.finish("r1");
    QCOMPARE(f.page(), WizardPage::result);
  }

 private slots:
  void initTestCase() {
    theme_ = new ui::Theme(qApp);
    theme_->set_choice(ui::SchemeChoice::light);
  }

  void a_new_name_goes_where_the_old_one_stood() {
    const api::Json goal = {{"token", "<fox>"},
                            {"image", {{"caption_prefix", "a photo of <fox>,"}, {"resolution", 512}}},
                            {"sample_prompts", {"<fox> asleep", "a tree"}}};
    const api::Json cub = {{"token", "<cub>"},
                           {"image", {{"caption_prefix", "a photo of <cub>,"}}},
                           {"sample_prompts", {"<cub> asleep", "a tree"}}};
    QCOMPARE(with_word(goal, goal, "<fox>", "<cub>").dump(), cub.dump());
    // Letter by letter: what was typed may stand in other words of these texts, too.
    api::Json recipe = goal;
    recipe.merge_patch(with_word(goal, recipe, "<fox>", "a"));
    recipe.merge_patch(with_word(goal, recipe, "a", "ao"));
    QCOMPARE(recipe["image"]["caption_prefix"], "a photo of ao,");
    // Nothing stands for no word, so that the next one is found in its place.
    recipe.merge_patch(with_word(goal, recipe, "ao", {}));
    QCOMPARE(recipe["image"]["caption_prefix"], "a photo of ao,");
    QCOMPARE(with_word(goal, recipe, "ao", "<cub>").dump(), cub.dump());
    // The user's own texts stay.
    recipe["image"]["caption_prefix"] = "<fox>, drawn";
    recipe["sample_prompts"] = {"<fox>"};
    QCOMPARE(with_word(goal, recipe, "<fox>", "<cub>").dump(), api::Json({{"token", "<cub>"}}).dump());
    QVERIFY(names_word("A <FOX>", "<fox>"));
    QVERIFY(!names_word("a fox", "<fox>"));
    QVERIFY(!names_word("a fox", {}));
  }

  void only_bases_that_can_learn_one_offer_it() {
    FinetuneWindow f([](FakeFinetuneService& service) { service.image_report(); });
    f.choose_base(QStringLiteral("tiny-sd"));
    f.choose_data(QStringLiteral("/data/lantern"));
    f.next();
    QCOMPARE(f.wizard()->goal_page()->cards().size(), 2);
    QVERIFY(f.child<QLabel>("noWord")->isVisible());
    QVERIFY(f.label("noWord").contains("cannot learn a new word"));
    QVERIFY(!f.child<QWidget>("recipe_token")->isVisible());
  }

  void its_fields_are_those_of_a_word() {
    FinetuneWindow f(learn_words);
    choose_word(f);
    QCOMPARE(f.draft()->draft().goal, QStringLiteral("word"));
    QVERIFY(!f.child<QLabel>("noWord")->isVisible());
    QCOMPARE(f.child<QLineEdit>("recipe_token")->text(), QStringLiteral("<lantern>"));
    QCOMPARE(f.child<QSpinBox>("recipe_token_vectors")->value(), 2);
    QCOMPARE(f.label("wordCaptions"), QStringLiteral("Every caption names <lantern>."));
    f.shoot(QStringLiteral("goal-word"), theme_);
    f.click("advancedRecipe");
    for (const char* none : {"recipe_method", "recipe_rank", "recipe_train_text_encoder"})
      QVERIFY2(!f.child<QWidget>(none)->isVisible(), none);
    QVERIFY(f.child<QWidget>("recipe_learning_rate")->isVisible());
    // A method alone makes no word of another goal.
    QTest::mouseClick(f.wizard()->goal_page()->cards().first(), Qt::LeftButton);
    auto* method = f.child<QComboBox>("recipe_method");
    QVERIFY(method->isVisible());
    QVERIFY(method->findData(QStringLiteral("lora")) >= 0);
    QCOMPARE(method->findData(QStringLiteral("textual_inversion")), -1);
    QVERIFY(!f.child<QWidget>("recipe_token")->isVisible());
  }

  void another_word_is_named_by_captions_and_samples() {
    FinetuneWindow f(learn_words);
    choose_word(f);
    type(f, "recipe_token", QStringLiteral("<glim>"));
    QCOMPARE(f.draft()->recipe()["token"], "<glim>");
    QCOMPARE(f.draft()->recipe()["image"]["caption_prefix"], "a photo of <glim>,");
    QCOMPARE(f.draft()->recipe()["image"]["resolution"], 512);
    QCOMPARE(f.draft()->recipe()["sample_prompts"][0], "a photo of <glim>");
    QTRY_COMPARE(f.label("wordCaptions"), QStringLiteral("Every caption names <glim>."));
    // The goal's own word again is no change.
    type(f, "recipe_token", QStringLiteral("<lantern>"));
    QVERIFY2(!f.draft()->changed(), f.draft()->draft().changes.dump().c_str());
  }

  void what_is_no_word_is_said_at_its_field() {
    FinetuneWindow f(learn_words);
    choose_word(f);
    type(f, "recipe_token", {});
    QVERIFY(f.child<QLabel>("wordProblem")->isVisible());
    QCOMPARE(f.label("wordProblem"), QStringLiteral("Write the word that is to be learnt"));
    QCOMPARE(f.controller()->blocked(), f.label("wordProblem"));
    QVERIFY(!f.child<QPushButton>("next")->isEnabled());
    type(f, "recipe_token", QStringLiteral("fox"));
    QTRY_COMPARE(f.label("wordProblem"), QStringLiteral("Cannot learn word (fox): the text encoder knows it already. "
                                                        "Write it without spaces, such as <fox>"));
    QVERIFY(!f.child<QPushButton>("next")->isEnabled());
    f.shoot(QStringLiteral("goal-word-known"), theme_);
    type(f, "recipe_token", QStringLiteral("two words"));
    QTRY_VERIFY(f.label("wordProblem").contains("it is no word"));
    type(f, "recipe_token", QStringLiteral("<cub>"));
    QTRY_VERIFY(f.controller()->word()->report().has_value());
    QVERIFY(!f.child<QLabel>("wordProblem")->isVisible());
    QCOMPARE(f.draft()->recipe()["image"]["caption_prefix"], "a photo of <cub>,");
    QVERIFY(f.child<QPushButton>("next")->isEnabled());
  }

  void captions_that_do_not_name_it_are_helped() {
    FinetuneWindow f(learn_words);
    choose_word(f);
    type(f, "recipe_image.caption_prefix", {});
    QTRY_COMPARE(f.label("wordCaptions"), QStringLiteral("No caption names <lantern>: nothing would be learnt."));
    QCOMPARE(f.controller()->blocked(), QStringLiteral("No caption names <lantern>"));
    // One that is edited counts.
    f.draft()->set_caption(QStringLiteral("/data/lantern/0.png"), QStringLiteral("a <lantern> at night"));
    QTRY_COMPARE(f.label("wordCaptions"),
                 QStringLiteral("1 of 12 captions name <lantern>; pictures of the others teach nothing."));
    QVERIFY(f.controller()->blocked().isEmpty());
    f.shoot(QStringLiteral("goal-word-unnamed"), theme_);
    f.click("nameWord");
    QCOMPARE(f.draft()->recipe()["image"]["caption_prefix"], "a photo of <lantern>,");
    QTRY_COMPARE(f.label("wordCaptions"), QStringLiteral("Every caption names <lantern>."));
    QVERIFY(!f.child<QPushButton>("nameWord")->isVisible());
  }

  void it_is_compared_with_what_it_began_as() {
    FinetuneWindow f(learn_words);
    run_word(f);
    QCOMPARE(f.service.started[0]["token_start"], "lamp");
    QVERIFY(f.label("aboutResult").startsWith("the word <lantern> · tiny-sd"));
    auto* prompt = f.child<QLineEdit>("comparePrompt");
    QCOMPARE(prompt->text(), QStringLiteral("a photo of <lantern>"));
    QVERIFY(f.label("compareWord").contains(QStringLiteral("“lamp” in the place of <lantern>")));
    for (QDoubleSpinBox* strength : f.wizard()->findChildren<QDoubleSpinBox*>()) QVERIFY(!strength->isVisible());
    prompt->setText(QStringLiteral("a photo of a lantern"));
    QCOMPARE(f.label("compareWord"), QStringLiteral("The prompt must name <lantern>."));
    QVERIFY(!f.child<QPushButton>("compare")->isEnabled());
    prompt->setText(QStringLiteral("a <lantern> on a table"));
    f.child<QAbstractButton>("blind")->click();
    f.click("compare");
    QCOMPARE(f.service.compared_with.size(), size_t{1});
    QCOMPARE(f.service.compared_with[0].prompt, std::string("a <lantern> on a table"));
    for (const char* job : {"cb", "ct"}) {
      emit f.service.compared_image(QLatin1String(job), FakeFinetuneService::painted(QLatin1String(job), 256));
      emit f.service.compared(QLatin1String(job), {});
    }
    QVERIFY(f.child<QPushButton>("judgeLeft")->isVisible());
    f.click("judgeLeft");
    QVERIFY(f.label("compareVerdict").contains("of 1 blind comparisons"));
    f.shoot(QStringLiteral("result-word"), theme_);
  }

  void it_is_exported_as_a_word() {
    FinetuneWindow f(learn_words);
    run_word(f);
    auto* format = f.child<QComboBox>("exportFormat");
    QCOMPARE(format->count(), 2);
    QCOMPARE(f.child<QComboBox>("exportType")->count(), 1);
    format->setCurrentIndex(1);
    f.child<QLineEdit>("exportFolder")->setText(QStringLiteral("/tmp/out"));
    f.click("export");
    QVERIFY(f.service.exported.at(0).format == api::ExportFormat::diffusers);
  }

  void it_is_used_where_embeddings_are_found() {
    FinetuneWindow f(learn_words);
    run_word(f);
    f.service.kept_word = "<lantern-2>";  // another one is called <lantern>
    QCOMPARE(f.child<QPushButton>("useResult")->text(), QStringLiteral("Use in Create"));
    std::vector<api::TrainingResult> used;
    connect(f.panel.get(), &FinetunePanel::use_requested, this,
            [&used](const api::TrainingResult& result) { used.push_back(result); });
    f.click("useResult");
    QCOMPARE(f.service.log.last(), QStringLiteral("keep r1 /runs/r1/adapter"));
    QCOMPARE(used.size(), size_t{1});
    QCOMPARE(used[0].token, std::string("<lantern-2>"));
    f.service.keep_failure = Failure{"Cannot write file", "the disk is full", "make room"};
    f.click("useResult");
    QCOMPARE(used.size(), size_t{1});
    QCOMPARE(f.notices, QStringList{QStringLiteral("Cannot write file: the disk is full. make room")});
  }
};

QTEST_MAIN(WordTest)
#include "word_test.moc"
