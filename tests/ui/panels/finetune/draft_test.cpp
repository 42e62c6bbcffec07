// Drafts: what is kept between starts, and what the host is asked about them.
#include "tests/ui/panels/finetune/finetune_window.h"

using namespace diptych;
using namespace diptych::finetune;

class DraftTest : public QObject {
  Q_OBJECT

  QTemporaryDir folder_;
  int file_ = 0;
  QString fresh() { return folder_.filePath(QStringLiteral("window%1.ini").arg(++file_)); }

 private slots:
  void initTestCase() { new ui::Theme(qApp); }

  void drafts_survive_a_restart() {
    const QString file = fresh();
    {
      FinetuneWindow f({}, file);
      f.choose_base(QStringLiteral("smollm2-135m"));
      f.choose_data(QStringLiteral("/data/train.jsonl"));
      f.draft()->set_held_out(0.15);
      QTRY_VERIFY(f.draft()->prediction().plan.has_value());
      f.next();
      f.draft()->choose_goal(QStringLiteral("domain"));
      f.draft()->change({{"rank", 32}});
    }
    FinetuneWindow f({}, file);
    QTRY_COMPARE(f.page(), WizardPage::goal);
    QCOMPARE(f.draft()->draft().base(), QStringLiteral("smollm2-135m"));
    QCOMPARE(f.draft()->draft().data(), QStringList{QStringLiteral("/data/train.jsonl")});
    QCOMPARE(f.draft()->held_out(), 0.15);
    QTRY_VERIFY(f.draft()->prediction().plan.has_value());
    QCOMPARE(f.draft()->draft().goal, QStringLiteral("domain"));
    QCOMPARE(f.draft()->recipe()["rank"].get<int>(), 32);
    QCOMPARE(f.draft()->recipe()["steps"].get<int>(), 96);
  }

  void what_cannot_be_read_of_a_draft_keeps_its_default() {
    const Draft draft =
        draft_from({{"id", "d"}, {"page", 7}, {"recipe", "no"}, {"changes", nullptr}, {"kind", "image"}});
    QCOMPARE(draft.id, QStringLiteral("d"));
    QCOMPARE(draft.page, WizardPage::base);
    QVERIFY(draft.recipe.is_object() && draft.recipe.empty() && draft.changes.empty());
    QCOMPARE(draft.kind, api::TrainingKind::image);
    QVERIFY(draft_from(nullptr).id.isEmpty());
    const Draft again = draft_from(to_json(draft));
    QCOMPARE(again.kind, draft.kind);
    QVERIFY(again.recipe == draft.recipe);
  }

  void data_of_another_kind_go_with_the_base() {
    FinetuneWindow f;
    f.choose_base(QStringLiteral("smollm2-135m"));
    f.choose_data(QStringLiteral("/data/train.jsonl"));
    f.draft()->choose_base(*f.controller()->base_named(QStringLiteral("tiny-sd")));
    QVERIFY(f.draft()->draft().data().isEmpty());
    QVERIFY(f.draft()->draft().goal.isEmpty());
    QVERIFY(!f.draft()->report());
    QCOMPARE(f.controller()->step_state(WizardPage::goal).blocked, QStringLiteral("Choose data to learn from first"));
  }

  void an_answer_about_older_data_is_dropped() {
    FinetuneWindow f([](FakeFinetuneService& service) { service.hold = true; });
    f.choose_base(QStringLiteral("smollm2-135m"));
    f.draft()->set_data({QStringLiteral("/data/a.jsonl")});
    QTRY_COMPARE(f.service.held.size(), size_t{1});
    f.draft()->set_data({QStringLiteral("/data/b.jsonl")});
    f.service.answer_held();
    QVERIFY(!f.draft()->report());
    QVERIFY(f.draft()->checking());
    QTRY_COMPARE(f.service.held.size(), size_t{1});
    f.service.answer_held();
    QVERIFY(f.draft()->report().has_value());
  }

  void a_source_keeps_what_is_known_of_it() {
    FinetuneWindow f;
    f.panel->create_new();
    f.controller()->new_draft(
        {{"base", "smollm2-135m"},
         {"data", {{{"path", "/data/a.csv"}, {"columns", {{"prompt", "question"}}}}, "/data/b.jsonl"}}});
    QCOMPARE(f.draft()->draft().data(), (QStringList{QStringLiteral("/data/a.csv"), QStringLiteral("/data/b.jsonl")}));
    f.draft()->set_data({QStringLiteral("/data/a.csv"), QStringLiteral("/data/c.jsonl")});
    const api::Json& data = f.draft()->draft().recipe["data"];
    QCOMPARE(data[0]["columns"]["prompt"].get<std::string>(), std::string("question"));
    QCOMPARE(data[1].get<std::string>(), std::string("/data/c.jsonl"));
  }

  void the_goals_own_value_is_no_change() {
    FinetuneWindow f;
    f.choose_base(QStringLiteral("smollm2-135m"));
    f.choose_data(QStringLiteral("/data/train.jsonl"));
    QCOMPARE(f.draft()->draft().goal, QStringLiteral("tone"));  // the recommended one
    f.draft()->change({{"optimizer", {{"name", "lion"}}}});
    QVERIFY(f.draft()->changed());
    QCOMPARE(f.draft()->recipe()["optimizer"]["name"].get<std::string>(), std::string("lion"));
    f.draft()->change({{"optimizer", {{"name", nullptr}}}});
    QVERIFY(!f.draft()->changed());
    // Nor is it one that takes the goal's value out.
    f.draft()->change({{"optimizer", {{"name", nullptr}}}});
    QVERIFY(!f.draft()->changed());
    f.draft()->change_from_goal({{"optimizer", {{"name", "adamw"}}}, {"steps", 40}});
    QVERIFY(!f.draft()->changed());
    QCOMPARE(f.draft()->recipe()["optimizer"]["name"].get<std::string>(), std::string("adamw"));
    f.draft()->change({{"epochs", 2.5}});
    QVERIFY(!f.draft()->recipe().contains("steps"));
    f.draft()->reset_changes();
    QCOMPARE(f.draft()->recipe()["steps"].get<int>(), 40);
    QVERIFY(f.undo->can_undo());
    f.undo->undo();
    QCOMPARE(f.draft()->recipe()["epochs"].get<double>(), 2.5);
    f.draft()->choose_goal(QStringLiteral("domain"));
    QVERIFY(!f.draft()->changed());
    f.undo->undo();
    QCOMPARE(f.draft()->draft().goal, QStringLiteral("tone"));
    QVERIFY(f.draft()->changed());
  }

  void what_is_planned_while_the_engine_is_away_is_planned_when_it_is_back() {
    FinetuneWindow f;
    f.choose_base(QStringLiteral("smollm2-135m"));
    f.choose_data(QStringLiteral("/data/train.jsonl"));
    f.service.is_ready = false;
    emit f.service.ready_changed(false);
    f.draft()->change({{"rank", 64}});
    QVERIFY(f.draft()->planning());  // what is known is of the values before
    QTest::qWait(400);
    f.service.is_ready = true;
    emit f.service.ready_changed(true);
    QTRY_VERIFY(!f.draft()->planning());
    QCOMPARE(f.draft()->prediction().plan->result_bytes, int64_t{78'400'000});
  }

  void a_plan_of_the_values_before_is_none() {
    FinetuneWindow f;
    f.choose_base(QStringLiteral("smollm2-135m"));
    f.choose_data(QStringLiteral("/data/train.jsonl"));
    f.service.hold_plans = true;
    f.draft()->change({{"rank", 8}});
    QTRY_COMPARE(f.service.held.size(), size_t{1});
    f.draft()->change({{"rank", 64}});  // while that is being worked out
    f.service.answer_held();
    QVERIFY(f.draft()->planning());
    QTRY_COMPARE(f.service.held.size(), size_t{1});
    f.service.answer_held();
    QVERIFY(!f.draft()->planning());
    QCOMPARE(f.draft()->prediction().plan->result_bytes, int64_t{78'400'000});
  }

  void every_goal_is_planned_once() {
    FinetuneWindow f;
    f.choose_base(QStringLiteral("smollm2-135m"));
    f.choose_data(QStringLiteral("/data/train.jsonl"));
    QTRY_VERIFY(f.draft()->prediction(QStringLiteral("domain")).plan.has_value());
    QCOMPARE(f.service.planned.size(), size_t{2});
    f.draft()->choose_goal(QStringLiteral("domain"));
    QCOMPARE(f.service.planned.size(), size_t{3});  // with its alternatives
  }

  void a_deleted_draft_comes_back() {
    FinetuneWindow f;
    f.choose_base(QStringLiteral("smollm2-135m"));
    const QString id = f.controller()->current();
    f.controller()->rename(id, QStringLiteral("Ada"));
    f.controller()->remove(id);
    QVERIFY(f.controller()->current().isEmpty());
    QVERIFY(f.controller()->drafts()->drafts().empty());
    QVERIFY(f.undo->can_undo());
    f.undo->undo();
    QCOMPARE(f.controller()->drafts()->drafts().size(), size_t{1});
    QCOMPARE(f.controller()->drafts()->drafts()[0].title(), QStringLiteral("Ada"));
  }

  void it_waits_for_the_engine() {
    FinetuneWindow f([](FakeFinetuneService& service) { service.is_ready = false; });
    QVERIFY(f.controller()->bases().empty());
    f.panel->create_new();
    QCOMPARE(f.controller()->blocked(), QStringLiteral("The engine is starting"));
    f.service.is_ready = true;
    emit f.service.ready_changed(true);
    QCOMPARE(f.controller()->bases().size(), size_t{3});
    QCOMPARE(f.controller()->blocked(), QStringLiteral("Choose a base"));
  }
};

QTEST_MAIN(DraftTest)
#include "draft_test.moc"
