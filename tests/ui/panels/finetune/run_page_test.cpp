// A run that is watched, paused, cut off and gone on with; its result compared, used and exported.
#include "ui/panels/finetune/run_page.h"

#include <QCheckBox>
#include <QComboBox>
#include <QLineEdit>
#include <QListView>
#include <QPushButton>
#include <QSlider>

#include "tests/ui/panels/finetune/finetune_window.h"
#include "ui/panels/finetune/answer_card.h"
#include "ui/panels/finetune/compare_view.h"
#include "ui/panels/finetune/result_page.h"
#include "ui/panels/finetune/run_charts.h"
#include "ui/panels/finetune/runs_pane.h"
#include "ui/panels/finetune/samples_view.h"
#include "ui/panels/finetune/step_chart.h"
#include "ui/widgets/elided_label.h"

using namespace diptych;
using namespace diptych::finetune;

namespace {

api::TrainingSample sample(int64_t step, const char* text) {
  api::TrainingSample one;
  one.step = step;
  one.prompt = "What is the capital of Italy?";
  one.seed = 7;
  one.text = text;
  one.baseline_text = "Il Coriobella, Italy.";
  return one;
}

}  // namespace

class RunPageTest : public QObject {
  Q_OBJECT

  ui::Theme* theme_ = nullptr;

  static void start(FinetuneWindow& f) {
    f.start(QStringLiteral("smollm2-135m"), QStringLiteral("/data/train.jsonl"));
    QCOMPARE(f.page(), WizardPage::run);
  }

 private slots:
  void initTestCase() {
    theme_ = new ui::Theme(qApp);
    theme_->set_choice(ui::SchemeChoice::light);
  }

  void steps_grow_the_charts() {
    FinetuneWindow f;
    start(f);
    StepChart* loss = f.wizard()->run_page()->charts()->loss();
    QCOMPARE(loss->readout(), QStringLiteral("no steps yet"));
    for (int i = 1; i <= 30; ++i) f.service.step("r1", i % 10 == 0 ? std::optional(3.0 - i * 0.02) : std::nullopt);
    QTRY_COMPARE(loss->points(0), 30);
    QCOMPARE(loss->points(1), 30);
    QCOMPARE(loss->points(2), 3);
    QVERIFY2(f.label("runState").startsWith("Step 30 of 40 · ○ 5.00"), qPrintable(f.label("runState")));
    const QString figures = f.child<ui::ElidedLabel>("runFigures")->full_text().replace(QChar::Nbsp, ' ');
    QVERIFY2(figures.contains("validation ● 2.40") && figures.contains("● 1.19 GB, predicted ◐ 1.16 GB"),
             qPrintable(figures));
    loss->setFocus();
    QTest::keyClick(loss, Qt::Key_Home);
    QVERIFY2(loss->readout().startsWith("step 1: training "), qPrintable(loss->readout()));
    QTest::keyClick(loss, Qt::Key_Right);
    QVERIFY(loss->readout().startsWith("step 2"));
    const QString before = loss->readout();
    f.child<QSlider>("smoothing")->setValue(0);  // the step itself
    QVERIFY(loss->readout() != before);
    f.service.samples["r1"] = {};
    emit f.service.sampled(QStringLiteral("r1"), sample(20, "It is Rome, I think."));
    emit f.service.sampled(QStringLiteral("r1"), sample(30, "DATA. Rome. Ada out."));
    emit f.service.noted(QStringLiteral("r1"), {"checkpoint of step 20 was saved", std::nullopt});
    f.child<QSlider>("smoothing")->setValue(80);
    f.shoot(QStringLiteral("run"), theme_);
    QCOMPARE(f.child<AnswerCard>("sampleNow")->text(), QStringLiteral("DATA. Rome. Ada out."));
    QCOMPARE(f.child<AnswerCard>("sampleBefore")->text(), QStringLiteral("Il Coriobella, Italy."));
    QVERIFY(f.label("runNotes").contains("checkpoint of step 20"));
  }

  void a_stream_that_tells_everything_again_changes_nothing() {
    FinetuneWindow f;
    start(f);
    for (int i = 0; i < 10; ++i) f.service.step("r1");
    int news = 0;
    connect(f.controller()->watch(), &RunWatch::stepped, this, [&news] { ++news; });
    for (const api::TrainingStep& step : f.service.metrics["r1"]) emit f.service.stepped(QStringLiteral("r1"), step);
    QCOMPARE(news, 0);
    QCOMPARE(f.controller()->watch()->steps().size(), size_t{10});
    api::TrainingStep other = f.service.metrics["r1"][5];  // done anew, with another outcome
    other.loss = 1;
    emit f.service.stepped(QStringLiteral("r1"), other);
    QCOMPARE(f.controller()->watch()->steps().size(), size_t{6});
  }

  void earlier_samples_can_be_looked_at() {
    FinetuneWindow f;
    start(f);
    emit f.service.sampled(QStringLiteral("r1"), sample(10, "ten"));
    emit f.service.sampled(QStringLiteral("r1"), sample(20, "twenty"));
    auto* steps = f.child<QWidget>("samples")->findChild<QSlider*>();
    steps->setValue(0);
    QCOMPARE(f.child<AnswerCard>("sampleNow")->text(), QStringLiteral("ten"));
    emit f.service.sampled(QStringLiteral("r1"), sample(30, "thirty"));
    QCOMPARE(f.child<AnswerCard>("sampleNow")->text(), QStringLiteral("ten"));  // not taken away
    steps->setValue(steps->maximum());
    emit f.service.sampled(QStringLiteral("r1"), sample(40, "forty"));
    QCOMPARE(f.child<AnswerCard>("sampleNow")->text(), QStringLiteral("forty"));
  }

  void buttons_reach_the_run() {
    FinetuneWindow f;
    start(f);
    f.service.step("r1");
    f.click("sampleRun");
    f.click("saveRun");
    f.click("pauseRun");
    QCOMPARE(f.service.log.mid(f.service.log.size() - 3), (QStringList{"sample r1", "save r1", "pause r1"}));
    QVERIFY(!f.child<QPushButton>("sampleRun")->isVisible());
    QCOMPARE(f.child<QPushButton>("pauseRun")->text(), QStringLiteral("Go on"));
    QVERIFY(f.label("runState").startsWith("Paused at step 1 of 40"));
    f.click("pauseRun");
    QCOMPARE(f.service.log.last(), QStringLiteral("resume r1"));
    QCOMPARE(f.service.followed, QStringLiteral("r1/j2"));
    QVERIFY(f.panel->cancel());  // Esc
    QCOMPARE(f.service.log.last(), QStringLiteral("pause r1"));
    QVERIFY(!f.panel->cancel());
  }

  void a_cut_off_run_goes_on_from_its_checkpoint() {
    FinetuneWindow f;
    start(f);
    for (int i = 0; i < 25; ++i) f.service.step("r1");
    api::TrainingRun* run = f.service.find(QStringLiteral("r1"));
    run->state = api::RunState::interrupted;
    run->checkpoint_step = 20;
    run->step = 20;
    emit f.service.run_changed(*run);
    QVERIFY(f.child<QWidget>("runProblem")->isVisible());
    QCOMPARE(f.child<QPushButton>("problemAction")->text(), QStringLiteral("Go on from step 20"));
    f.shoot(QStringLiteral("interrupted"), theme_);
    f.service.metrics["r1"].resize(20);  // what the host knows after its restart
    f.click("problemAction");
    QVERIFY(!f.child<QWidget>("runProblem")->isVisible());
    QCOMPARE(f.controller()->watch()->steps().back().step, int64_t{20});
    f.service.step("r1");
    QCOMPARE(f.controller()->watch()->steps().size(), size_t{21});
    QCOMPARE(f.controller()->watch()->steps().back().step, int64_t{21});
  }

  void a_failed_run_says_why_and_what_to_do() {
    FinetuneWindow f;
    start(f);
    api::TrainingRun* run = f.service.find(QStringLiteral("r1"));
    run->state = api::RunState::failed;
    run->error = api::make_error("invalid_argument", "the loss is no number", "step 12",
                                 "the learning rate is too high", "lower learning_rate and go on from step 10");
    run->checkpoint_step = 10;
    emit f.service.run_changed(*run);
    QCOMPARE(f.child<QWidget>("runProblem")->findChild<QLabel*>()->text(),
             QStringLiteral("The loss is no number (step 12): the learning rate is too high. Lower learning_rate and "
                            "go on from step 10"));
    f.click("another");
    QCOMPARE(f.page(), WizardPage::data);
    QCOMPARE(f.draft()->draft().base(), QStringLiteral("smollm2-135m"));
    QCOMPARE(f.draft()->draft().data(), QStringList{QStringLiteral("/data/train.jsonl")});
  }

  void figures_above_the_charts_are_never_cut() {
    FinetuneWindow f;
    start(f);
    for (int i = 0; i < 30; ++i) f.service.step("r1", i % 10 == 0 ? std::optional(3.0) : std::nullopt);
    auto* memory = f.child<StepChart>("memoryChart");
    QTRY_COMPARE(memory->points(0), 30);
    const int rail = 56;  // px, which the window has beside the panel
    for (int width = 1024; width <= 2560; width += 64) {
      f.window.resize(width - rail, 800);
      QTest::qWait(20);  // laid out
      const QString at = QString::number(width);
      for (StepChart* chart : f.wizard()->run_page()->charts()->findChildren<StepChart*>()) {
        // With the names of the lines.
        QTRY_VERIFY2(chart->shown_readout() == chart->readout(), qPrintable(at + ": " + chart->shown_readout()));
        chart->setFocus();
        QTest::keyClick(chart, Qt::Key_End);
        QVERIFY2(chart->shown_readout().startsWith("step 30: "), qPrintable(at + ": " + chart->shown_readout()));
        QVERIFY2(!chart->shown_readout().contains(QChar(0x2026)), qPrintable(at + ": " + chart->shown_readout()));
      }
      f.window.setFocus();
      QVERIFY2(memory->readout().startsWith("used 1.19 · predicted 1."), qPrintable(memory->readout()));
    }
  }

  void a_run_that_ends_shows_its_result() {
    FinetuneWindow f;
    start(f);
    for (int i = 0; i < 40; ++i) f.service.step("r1");
    f.service.finish("r1");
    QCOMPARE(f.page(), WizardPage::result);
    QCOMPARE(f.child<QPushButton>("useResult")->text(), QStringLiteral("Use in Chat"));
    std::string used;
    connect(f.panel.get(), &FinetunePanel::use_requested, this,
            [&used](const api::TrainingResult& result) { used = result.path; });
    f.click("useResult");
    QCOMPARE(used, std::string("/runs/r1/adapter"));
    f.child<QLineEdit>("exportFolder")->setText(QStringLiteral("/tmp/out"));
    f.child<QComboBox>("exportFormat")->setCurrentIndex(1);
    f.click("export");
    QCOMPARE(f.service.exported.size(), size_t{1});
    QVERIFY(f.service.exported[0].format == api::ExportFormat::gguf);
    QCOMPARE(f.service.exported[0].result, std::string("/runs/r1/adapter"));
    QVERIFY(f.label("exported").endsWith("/tmp/out/ada"));
  }

  void base_and_adapter_are_compared_side_by_side() {
    FinetuneWindow f;
    start(f);
    f.service.step("r1");
    f.service.finish("r1");
    QCOMPARE(f.child<QLineEdit>("comparePrompt")->text(), QStringLiteral("What is the capital of Italy?"));
    f.click("compare");
    QCOMPARE(f.service.compared_with[0].prompt, std::string("What is the capital of Italy?"));
    QCOMPARE(f.child<QPushButton>("compare")->text(), QStringLiteral("Cancel"));
    emit f.service.compared_text(QStringLiteral("cb"), QStringLiteral("Il Coriobella, Italy."));
    emit f.service.compared_text(QStringLiteral("ct"), QStringLiteral("DATA. Rome. Ada out."));
    QCOMPARE(f.child<AnswerCard>("compareLeft")->title(), QStringLiteral("Base"));
    QCOMPARE(f.child<AnswerCard>("compareLeft")->text(), QStringLiteral("Il Coriobella, Italy."));
    QCOMPARE(f.child<AnswerCard>("compareRight")->title(), QStringLiteral("Tuned"));
    emit f.service.compared(QStringLiteral("cb"), {});
    emit f.service.compared(QStringLiteral("ct"), {});
    QCOMPARE(f.child<QPushButton>("compare")->text(), QStringLiteral("Compare"));
    QVERIFY(!f.child<QPushButton>("judgeLeft")->isVisible());
    f.shoot(QStringLiteral("result"), theme_);
  }

  void a_blind_comparison_hides_which_is_which_until_it_is_judged() {
    FinetuneWindow f;
    start(f);
    f.service.step("r1");
    f.service.finish("r1");
    f.child<QCheckBox>("blind")->setChecked(true);
    QSet<bool> sides;
    int tuned_preferred = 0;
    for (int i = 0; i < 40; ++i) {
      f.click("compare");
      emit f.service.compared_text(QStringLiteral("cb"), QStringLiteral("base"));
      emit f.service.compared_text(QStringLiteral("ct"), QStringLiteral("tuned"));
      QVERIFY(!f.child<QPushButton>("judgeLeft")->isVisible());  // not before both have ended
      emit f.service.compared(QStringLiteral("cb"), {});
      emit f.service.compared(QStringLiteral("ct"), {});
      auto* left = f.child<AnswerCard>("compareLeft");
      QCOMPARE(left->title(), QStringLiteral("Left"));
      if (i == 0) f.shoot(QStringLiteral("blind"), theme_);
      const bool tuned_left = left->text() == QStringLiteral("tuned");
      sides << tuned_left;
      f.click("judgeLeft");
      tuned_preferred += tuned_left;
      QCOMPARE(left->title(), tuned_left ? QStringLiteral("Tuned") : QStringLiteral("Base"));
      QVERIFY(!f.child<QPushButton>("judgeLeft")->isVisible());
    }
    QCOMPARE(sides.size(), 2);  // it is not always at the same side
    QCOMPARE(f.controller()->comparison()->for_tuned(), tuned_preferred);
    QVERIFY(f.label("compareVerdict")
                .contains(
                    QStringLiteral("of 40 blind comparisons you preferred the tuned one in %1").arg(tuned_preferred)));
  }

  void runs_are_listed_renamed_and_removed() {
    FinetuneWindow f;
    start(f);
    f.service.step("r1");
    auto* list = f.child<QListView>("runList");
    QCOMPARE(list->model()->rowCount(), 1);
    f.panel->create_new();
    QCOMPARE(list->model()->rowCount(), 2);
    QCOMPARE(f.page(), WizardPage::base);
    list->setCurrentIndex(list->model()->index(1, 0));
    QCOMPARE(f.page(), WizardPage::run);
    QCOMPARE(f.controller()->current(), QStringLiteral("r1"));
    list->model()->setData(list->currentIndex(), QStringLiteral("My ship"), Qt::EditRole);
    QCOMPARE(list->currentIndex().data().toString(), QStringLiteral("My ship"));
    QTest::keyClick(list, Qt::Key_Delete);
    QCOMPARE(list->model()->rowCount(), 1);
    QVERIFY(f.undo->can_undo());
    f.undo->undo();
    QCOMPARE(list->model()->rowCount(), 2);
  }

  void a_running_run_is_what_one_comes_back_to() {
    FinetuneWindow f([](FakeFinetuneService& service) {
      api::TrainingRun run;
      run.id = "old";
      run.name = "Over night";
      run.state = api::RunState::running;
      run.job = "j9";
      run.steps = 1000;
      run.step = 400;
      run.phase = "training";
      service.runs = {run};
      for (int i = 1; i <= 400; ++i) {
        api::TrainingStep step;
        step.step = i;
        step.loss = 3.0 - i * 0.002;
        service.metrics["old"].push_back(step);
      }
      service.samples["old"] = {sample(300, "so far")};
    });
    QCOMPARE(f.page(), WizardPage::run);
    QCOMPARE(f.service.followed, QStringLiteral("old/j9"));
    QTRY_COMPARE(f.wizard()->run_page()->charts()->loss()->points(0), 400);
    QCOMPARE(f.child<AnswerCard>("sampleNow")->text(), QStringLiteral("so far"));
  }
};

QTEST_MAIN(RunPageTest)
#include "run_page_test.moc"
