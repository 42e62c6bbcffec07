// A person at the Fine-tune panel, with the real host and models of some kilobytes: from a base to a run that is
// paused, killed in mid-step and gone on with, compared, exported, and used in Chat or Create.
#include <QComboBox>
#include <QDir>
#include <QDropEvent>
#include <QFile>
#include <QImage>
#include <QLabel>
#include <QLineEdit>
#include <QListView>
#include <QMimeData>
#include <QPushButton>
#include <QSpinBox>
#include <QTextBrowser>
#include <QToolButton>

#include "tests/app/small_model.h"
#include "tests/gui/real_window.h"
#include "ui/panels/create/create_panel.h"
#include "ui/panels/finetune/answer_card.h"
#include "ui/panels/finetune/base_page.h"
#include "ui/panels/finetune/data_page.h"
#include "ui/panels/finetune/data_sources.h"
#include "ui/panels/finetune/finetune_content.h"
#include "ui/panels/finetune/finetune_panel.h"
#include "ui/panels/finetune/goal_card.h"
#include "ui/panels/finetune/goal_page.h"
#include "ui/panels/finetune/run_charts.h"
#include "ui/panels/finetune/run_page.h"
#include "ui/panels/finetune/step_chart.h"
#include "ui/widgets/bars.h"

using namespace diptych;
using namespace diptych::finetune;
using diptych::gui::RealWindow;

namespace {

constexpr int patience_ms = 60'000;

}  // namespace

class FinetuneEndToEndTest : public QObject {
  Q_OBJECT

  std::unique_ptr<RealWindow> f_;
  QTemporaryDir folder_;

  FinetunePanel* panel() { return f_->workbench.finetune(); }
  FinetuneController* controller() { return panel()->controller(); }
  DraftSession* draft() { return controller()->draft(); }
  const api::TrainingRun* run() { return controller()->watch()->run(); }
  template <typename T>
  T* child(const char* name) {
    return panel()->wizard()->findChild<T*>(QLatin1String(name));
  }
  void click(const char* name) {
    auto* button = child<QPushButton>(name);
    QVERIFY2(button && button->isVisible() && button->isEnabled(), name);
    QTest::mouseClick(button, Qt::LeftButton);
  }
  void next() {
    QTRY_VERIFY2_WITH_TIMEOUT(child<QPushButton>("next")->isEnabled(), qPrintable(controller()->blocked()),
                              patience_ms);
    click("next");
  }
  void drop(const QString& path) {
    QWidget* sources = panel()->wizard()->data_page()->viewport();
    QMimeData data;
    data.setUrls({QUrl::fromLocalFile(path)});
    QDragEnterEvent enter({10, 10}, Qt::CopyAction, &data, Qt::LeftButton, {});
    QCoreApplication::sendEvent(sources, &enter);
    QVERIFY(enter.isAccepted());
    QDropEvent dropped({10, 10}, Qt::CopyAction, &data, Qt::LeftButton, {});
    QCoreApplication::sendEvent(sources, &dropped);
  }
  void open(const QString& base) {
    panel()->create_new();
    QTRY_VERIFY_WITH_TIMEOUT(controller()->base_named(base) != nullptr, patience_ms);
    QListView* list = panel()->wizard()->base_page()->list();
    const QModelIndexList found =
        list->model()->match(list->model()->index(0, 0), Qt::DisplayRole, base, 1, Qt::MatchExactly);
    QCOMPARE(found.size(), 1);
    list->setCurrentIndex(found.first());
  }
  void set_number(const char* key, int value) {
    auto* field = child<QSpinBox>(key);
    QVERIFY2(field && field->isVisible(), key);
    field->setValue(value);
    QCOMPARE(field->value(), value);
  }
  void write_texts(const QString& path) {
    QFile file(path);
    QVERIFY(file.open(QIODevice::WriteOnly));
    for (int i = 0; i < 40; ++i)
      file.write(QStringLiteral("{\"prompt\": \"say w%1\", \"completion\": \"w%1 w%1\"}\n").arg(i).toUtf8());
    file.write("{\"prompt\": \"this one lacks its answer\"}\n");
  }
  void write_pictures(const QString& folder) {
    QDir().mkpath(folder);
    for (int i = 0; i < 6; ++i) {
      QImage image(64, 64, QImage::Format_RGB32);
      for (int y = 0; y < 64; ++y)
        for (int x = 0; x < 64; ++x)
          image.setPixel(x, y, qRgb((x * 37 + i * 40) % 256, (y * 53) % 256, (x * y + i * 90) % 256));
      QVERIFY(image.save(QStringLiteral("%1/%2.png").arg(folder).arg(i)));
      QFile caption(QStringLiteral("%1/%2.txt").arg(folder).arg(i));
      QVERIFY(caption.open(QIODevice::WriteOnly));
      caption.write("a woven pattern");
    }
  }
  // On the page Run with a run that has begun: paused, gone on with, its host killed, gone on with to its end.
  void pause_kill_and_finish() {
    QCOMPARE(controller()->page(), WizardPage::run);
    QTRY_VERIFY_WITH_TIMEOUT(run()->step >= 12, patience_ms);
    QTRY_VERIFY(panel()->wizard()->run_page()->charts()->loss()->points(0) >= 12);  // redrawn at a pace
    click("pauseRun");
    QTRY_VERIFY2_WITH_TIMEOUT(run()->state == api::RunState::paused, api::enum_name(run()->state), patience_ms);
    const int64_t paused_at = run()->step;
    QTRY_VERIFY(run()->checkpoint_step == paused_at);
    QTest::qWait(300);
    QCOMPARE(run()->step, paused_at);
    click("pauseRun");  // "Go on"
    QTRY_VERIFY_WITH_TIMEOUT(run()->state == api::RunState::running && run()->step > paused_at + 12, patience_ms);
    const auto host = ui::read_host_file(ui::host_file_path());
    QVERIFY(host.has_value());
    ::kill(static_cast<pid_t>(host->pid), SIGKILL);
    QTRY_VERIFY_WITH_TIMEOUT(f_->workbench.link()->state() != ui::HostLink::State::ready, patience_ms);
    QTRY_COMPARE_WITH_TIMEOUT(f_->workbench.link()->state(), ui::HostLink::State::ready, patience_ms);
    QTRY_VERIFY_WITH_TIMEOUT(run() && run()->state == api::RunState::interrupted, patience_ms);
    QVERIFY(child<QWidget>("runProblem")->isVisible());
    const int64_t resumes_at = run()->checkpoint_step.value_or(-1);
    QVERIFY2(resumes_at >= paused_at, qPrintable(QString::number(resumes_at)));
    click("problemAction");
    QTRY_VERIFY_WITH_TIMEOUT(run()->state == api::RunState::finished, 3 * patience_ms);
    QTRY_COMPARE(controller()->page(), WizardPage::result);
    // Every step once, whatever was cut.
    const auto& steps = controller()->watch()->steps();
    QTRY_COMPARE(static_cast<int64_t>(steps.size()), run()->steps);
    for (size_t i = 0; i < steps.size(); ++i) QCOMPARE(steps[i].step, static_cast<int64_t>(i) + 1);
    QVERIFY(run()->loss && *run()->loss < *steps.front().loss);
  }
  // What Create makes of its settings; null: nothing.
  static QImage made_in(create::CreateController* pictures) {
    const int before = pictures->gallery()->rowCount();
    pictures->generate();
    const bool done = QTest::qWaitFor(
        [&] { return pictures->gallery()->rowCount() == before + 1 && !pictures->busy(); }, patience_ms);
    return done ? QImage(QString::fromStdString(pictures->gallery()->image(0)->path)) : QImage();
  }
  void export_to(const QString& format, const QString& folder) {
    QVERIFY(QDir().mkpath(folder));
    auto* formats = child<QComboBox>("exportFormat");
    formats->setCurrentIndex(formats->findText(format));
    QCOMPARE(formats->currentText(), format);
    child<QLineEdit>("exportFolder")->setText(folder);
    click("export");
    QTRY_VERIFY2_WITH_TIMEOUT(!controller()->exporting(), "still exporting", patience_ms);
    QVERIFY2(!controller()->exported().isEmpty(), qPrintable(f_->workbench.window()->notices()->text()));
    QVERIFY(QFileInfo::exists(controller()->exported()));
    QVERIFY(controller()->exported().startsWith(folder));
  }

 private slots:
  void initTestCase() {
    f_ = std::make_unique<RealWindow>();
    QTest::keyClick(f_->workbench.window(), Qt::Key_3, Qt::ControlModifier);
    QCOMPARE(f_->workbench.window()->panel()->id(), QStringLiteral("finetune"));
    QTRY_COMPARE_WITH_TIMEOUT(f_->workbench.link()->state(), ui::HostLink::State::ready, patience_ms);
  }
  void cleanupTestCase() { f_.reset(); }

  void texts_become_a_run() {
    const QString data = folder_.filePath(QStringLiteral("words.jsonl"));
    write_texts(data);
    open(QStringLiteral("small"));
    next();
    drop(data);
    QTRY_VERIFY_WITH_TIMEOUT(draft()->report().has_value(), patience_ms);
    QCOMPARE(draft()->report()->records, int64_t{40});
    QCOMPARE(draft()->report()->rejected_count, int64_t{1});
    QVERIFY(draft()->report()->held_out > 0);
    QVERIFY(child<QTextBrowser>("dataText")->toPlainText().contains("say w"));
    next();
    QTRY_VERIFY_WITH_TIMEOUT(panel()->wizard()->goal_page()->cards().size() >= 2, patience_ms);
    GoalCard* card = panel()->wizard()->goal_page()->cards().first();
    QTest::mouseClick(card, Qt::LeftButton);
    QTRY_VERIFY2_WITH_TIMEOUT(card->figures().contains("Memory"), qPrintable(card->figures()), patience_ms);
    QTest::mouseClick(child<QToolButton>("advancedRecipe"), Qt::LeftButton);
    set_number("recipe_rank", 4);
    set_number("recipe_batch", 2);
    set_number("recipe_accumulate", 1);
    set_number("recipe_sequence", 48);
    draft()->change({{"epochs", nullptr},
                     {"steps", 3000},  // some seconds: the run must not be over before it is paused and killed
                     {"learning_rate", 0.005},
                     {"checkpoint_every", 50},
                     {"validate_every", 400},
                     {"sample_every", 1000},
                     {"sample_prompts", {"say w1"}}});
    next();
    QTRY_VERIFY_WITH_TIMEOUT(!draft()->planning(), patience_ms);
    QTRY_VERIFY2_WITH_TIMEOUT(child<QLabel>("verdict")->text().startsWith("Fits"),
                              qPrintable(child<QLabel>("verdict")->text()), patience_ms);
    QCOMPARE(draft()->prediction().plan->steps, int64_t{3000});
    child<QLineEdit>("runName")->setFocus();
    QTest::keyClicks(child<QLineEdit>("runName"), "Words");
    QTest::keyClick(child<QLineEdit>("runName"), Qt::Key_Return);
    next();
    QTRY_VERIFY2_WITH_TIMEOUT(run() != nullptr, qPrintable(f_->workbench.window()->notices()->text()), patience_ms);
    QCOMPARE(run()->name, std::string("Words"));
  }

  void it_is_paused_killed_and_finished() {
    QVERIFY(run());
    pause_kill_and_finish();
  }

  void memory_was_what_was_predicted() {
    QVERIFY(run());
    QVERIFY(run()->memory_bytes && run()->predicted_memory_bytes);
    const double share =
        static_cast<double>(*run()->memory_bytes) / static_cast<double>(*run()->predicted_memory_bytes);
    QVERIFY2(share > 0.97 && share < 1.03, qPrintable(QString::number(share)));
  }

  void samples_stand_beside_the_base() {
    QVERIFY(run());
    QTest::mouseClick(panel()->wizard()->findChild<QWidget*>(QStringLiteral("step_run")), Qt::LeftButton);
    QCOMPARE(controller()->page(), WizardPage::run);
    QTRY_VERIFY_WITH_TIMEOUT(controller()->watch()->has_samples(), patience_ms);
    QVERIFY(controller()->watch()->sampled_steps().size() >= 3);
    QVERIFY(child<AnswerCard>("sampleNow")->text() != child<AnswerCard>("sampleBefore")->text());
    QTest::mouseClick(panel()->wizard()->findChild<QWidget*>(QStringLiteral("step_result")), Qt::LeftButton);
  }

  void base_and_adapter_are_compared() {
    QVERIFY(run());
    child<QLineEdit>("comparePrompt")->setText(QStringLiteral("say w7"));
    click("compare");
    QTRY_VERIFY_WITH_TIMEOUT(controller()->comparison()->started() && !controller()->comparison()->running(),
                             patience_ms);
    QCOMPARE(controller()->comparison()->answer(Side::left).error, QString());
    QCOMPARE(controller()->comparison()->answer(Side::right).error, QString());
    QVERIFY(child<AnswerCard>("compareRight")->text() != child<AnswerCard>("compareLeft")->text());
  }

  void it_is_exported() {
    QVERIFY(run());
    export_to(QStringLiteral("PEFT"), folder_.filePath(QStringLiteral("peft")));
    QVERIFY(QFile::exists(controller()->exported() + QStringLiteral("/adapter_config.json")));
    export_to(QStringLiteral("GGUF adapter"), folder_.filePath(QStringLiteral("gguf")));
    export_to(QStringLiteral("Merged model"), folder_.filePath(QStringLiteral("merged")));
  }

  void the_adapter_answers_in_chat() {
    QVERIFY(run());
    click("useResult");
    QCOMPARE(f_->workbench.window()->panel()->id(), QStringLiteral("chat"));
    QCOMPARE(f_->controller()->settings().adapters.size(), 1);
    QVERIFY(QFileInfo::exists(f_->controller()->settings().adapters[0].file));
    QTRY_VERIFY2_WITH_TIMEOUT(f_->controller()->blocked().reason.isEmpty(),
                              qPrintable(f_->controller()->blocked().reason), patience_ms);
    chat::ChatSettings settings = f_->controller()->settings();
    settings.temperature = 0;
    settings.max_tokens = 12;
    f_->controller()->set_settings(settings);
    f_->ask(QStringLiteral("say w3"));
    QTRY_VERIFY_WITH_TIMEOUT(f_->last() && f_->last()->role == chat::Role::assistant && !f_->controller()->streaming(),
                             patience_ms);
    QCOMPARE(f_->last()->state, chat::MessageState::complete);
    const QString with = f_->last_text();
    // The same question without it is answered otherwise.
    settings.adapters.clear();
    f_->controller()->set_settings(settings);
    f_->controller()->regenerate(f_->last()->id);
    QTRY_VERIFY_WITH_TIMEOUT(f_->controller()->streaming() || f_->last_text() != with, patience_ms);
    QTRY_VERIFY_WITH_TIMEOUT(!f_->controller()->streaming(), patience_ms);
    QVERIFY(f_->last_text() != with);
    f_->workbench.window()->show_panel(QStringLiteral("finetune"));
  }

  void a_removed_run_comes_back() {
    QVERIFY(run());
    const QString id = controller()->current();
    const size_t before = controller()->runs().size();
    controller()->remove(id);
    QTRY_COMPARE_WITH_TIMEOUT(controller()->runs().size(), before - 1, patience_ms);
    QVERIFY(f_->workbench.window()->undo_bar()->can_undo());
    f_->workbench.window()->undo_bar()->undo();
    QTRY_COMPARE_WITH_TIMEOUT(controller()->runs().size(), before, patience_ms);
  }

  void pictures_become_a_run() {
    QTRY_VERIFY_WITH_TIMEOUT(controller()->base_named(QStringLiteral("small-sd15")) != nullptr, patience_ms);
    const api::TrainingBase* base = controller()->base_named(QStringLiteral("small-sd15"));
    if (!base->trainable) {  // then it says why, and goes no further
      open(QStringLiteral("small-sd15"));
      QVERIFY(!base->why_not.empty());
      QCOMPARE(controller()->blocked(), QString::fromStdString(base->why_not));
      QVERIFY(!child<QPushButton>("next")->isEnabled());
      QSKIP("this build trains no image models");
    }
    const QString data = folder_.filePath(QStringLiteral("4_woven"));
    write_pictures(data);
    open(QStringLiteral("small-sd15"));
    next();
    QVERIFY(panel()->take_folder(data));  // as a drop on the window brings it
    QTRY_VERIFY_WITH_TIMEOUT(draft()->report().has_value(), patience_ms);
    QCOMPARE(draft()->report()->pictures.size(), size_t{6});
    QListView* grid = panel()->wizard()->data_page()->pictures();
    QTRY_VERIFY_WITH_TIMEOUT(!grid->model()->index(0, 0).data(Qt::DecorationRole).value<QPixmap>().isNull(),
                             patience_ms);
    QVERIFY(grid->model()->setData(grid->model()->index(0, 0), QStringLiteral("a finer pattern"), Qt::EditRole));
    QTRY_COMPARE_WITH_TIMEOUT(grid->model()->index(0, 0).data().toString(), QStringLiteral("a finer pattern"),
                              patience_ms);
    QFile caption(data + QStringLiteral("/0.txt"));
    QVERIFY(caption.open(QIODevice::ReadOnly));
    QCOMPARE(QString::fromUtf8(caption.readAll()).trimmed(), QStringLiteral("a finer pattern"));
    next();
    QTRY_VERIFY_WITH_TIMEOUT(!panel()->wizard()->goal_page()->cards().isEmpty(), patience_ms);
    QTest::mouseClick(panel()->wizard()->goal_page()->cards().first(), Qt::LeftButton);
    draft()->change({{"epochs", nullptr},
                     {"steps", 400},
                     {"rank", 4},
                     {"batch", 1},
                     {"accumulate", 1},
                     {"checkpoint_every", 20},
                     {"sample_every", 0},
                     {"image", {{"resolution", 32}, {"bucket_step", 8}, {"bucket_min", 16}}}});
    next();
    QTRY_VERIFY_WITH_TIMEOUT(!draft()->planning(), patience_ms);
    QTRY_VERIFY2_WITH_TIMEOUT(child<QLabel>("verdict")->text().startsWith("Fits"),
                              qPrintable(child<QLabel>("verdict")->text()), patience_ms);
    next();
    QTRY_VERIFY2_WITH_TIMEOUT(run() != nullptr && run()->kind == api::TrainingKind::image,
                              qPrintable(f_->workbench.window()->notices()->text()), patience_ms);
    pause_kill_and_finish();
    child<QLineEdit>("comparePrompt")->setText(QStringLiteral("a woven pattern"));
    click("compare");
    QTRY_VERIFY_WITH_TIMEOUT(controller()->comparison()->started() && !controller()->comparison()->running(),
                             patience_ms);
    QCOMPARE(controller()->comparison()->answer(Side::right).error, QString());
    QTRY_VERIFY_WITH_TIMEOUT(
        !child<AnswerCard>("compareLeft")->image().isNull() && !child<AnswerCard>("compareRight")->image().isNull(),
        patience_ms);
    QVERIFY(child<AnswerCard>("compareLeft")->image() != child<AnswerCard>("compareRight")->image());
    export_to(QStringLiteral("kohya"), folder_.filePath(QStringLiteral("kohya")));
    click("useResult");
    QCOMPARE(f_->workbench.window()->panel()->id(), QStringLiteral("create"));
    create::CreateController* pictures = f_->workbench.create()->controller();
    QCOMPARE(pictures->store()->settings().model, std::string("small-sd15"));
    QCOMPARE(pictures->store()->settings().adapters.size(), size_t{1});
    pictures->store()->change([](api::ImageSettings& settings) {
      settings.prompt = "a woven pattern";
      settings.width = settings.height = 32;
      settings.steps = 2;
    });
    QTRY_VERIFY2_WITH_TIMEOUT(pictures->blocked().isEmpty(), qPrintable(pictures->blocked()), patience_ms);
    const int before = pictures->gallery()->rowCount();
    pictures->generate();
    QTRY_VERIFY_WITH_TIMEOUT(pictures->gallery()->rowCount() == before + 1 && !pictures->busy(), patience_ms);
  }

  // A new word in place of an adapter: chosen, corrected, learnt, compared, exported, and asked for in Create.
  void pictures_become_a_word() {
    const QString data = folder_.filePath(QStringLiteral("4_woven"));
    write_pictures(data);
    f_->workbench.window()->show_panel(QStringLiteral("finetune"));
    open(QStringLiteral("small-sd15"));
    next();
    QVERIFY(panel()->take_folder(data));
    QTRY_VERIFY_WITH_TIMEOUT(draft()->report().has_value(), patience_ms);
    next();
    QTRY_VERIFY_WITH_TIMEOUT(!panel()->wizard()->goal_page()->cards().isEmpty(), patience_ms);
    GoalCard* card = panel()->wizard()->goal_page()->cards().last();
    QCOMPARE(card->name(), QStringLiteral("word"));
    QTest::mouseClick(card, Qt::LeftButton);
    QTRY_VERIFY2_WITH_TIMEOUT(card->figures().contains("Memory"), qPrintable(card->figures()), patience_ms);
    auto* word = child<QLineEdit>("recipe_token");
    QVERIFY(word->isVisible());
    QCOMPARE(word->text(), QStringLiteral("<woven>"));  // as the folder is called
    QTRY_COMPARE_WITH_TIMEOUT(child<QLabel>("wordCaptions")->text(), QStringLiteral("Every caption names <woven>."),
                              patience_ms);
    // A letter is in the vocabulary: that is said here, and the run cannot begin with it.
    word->setFocus();
    word->selectAll();
    QTest::keyClicks(word, "a");
    QTRY_VERIFY2_WITH_TIMEOUT(child<QLabel>("wordProblem")->text().contains("knows it already"),
                              qPrintable(child<QLabel>("wordProblem")->text()), patience_ms);
    QVERIFY(!child<QPushButton>("next")->isEnabled());
    word->selectAll();
    QTest::keyClicks(word, "<weave>");
    QCOMPARE(child<QLineEdit>("recipe_image.caption_prefix")->text(), QStringLiteral("a photo of <weave>,"));
    child<QLineEdit>("recipe_token_start")->setFocus();
    QTest::keyClicks(child<QLineEdit>("recipe_token_start"), "pattern");
    draft()->change({{"epochs", nullptr},
                     {"steps", 60},
                     {"batch", 1},
                     {"accumulate", 1},
                     {"learning_rate", 0.2},
                     {"checkpoint_every", 20},
                     {"sample_every", 30},
                     {"image", {{"resolution", 32}, {"bucket_step", 8}, {"bucket_min", 16}}}});
    next();
    QTRY_VERIFY_WITH_TIMEOUT(!draft()->planning(), patience_ms);
    QTRY_VERIFY2_WITH_TIMEOUT(child<QLabel>("verdict")->text().startsWith("Fits"),
                              qPrintable(child<QLabel>("verdict")->text()), patience_ms);
    const int64_t predicted = draft()->prediction().plan->result_bytes;
    next();
    QTRY_VERIFY2_WITH_TIMEOUT(run() != nullptr && run()->recipe["method"] == "textual_inversion",
                              qPrintable(f_->workbench.window()->notices()->text()), patience_ms);
    QTRY_VERIFY2_WITH_TIMEOUT(run()->state == api::RunState::finished, api::enum_name(run()->state), 3 * patience_ms);
    QTRY_COMPARE(controller()->page(), WizardPage::result);
    const api::TrainingResult& result = run()->results.front();
    QVERIFY(result.is_embedding);
    QCOMPARE(result.token, std::string("<weave>"));
    QVERIFY2(result.size_bytes <= predicted, qPrintable(QString::number(result.size_bytes)));
    const double share =
        static_cast<double>(*run()->memory_bytes) / static_cast<double>(*run()->predicted_memory_bytes);
    QVERIFY2(share > 0.97 && share < 1.03, qPrintable(QString::number(share)));

    auto* prompt = child<QLineEdit>("comparePrompt");
    QCOMPARE(prompt->text(), QStringLiteral("a photo of <weave>"));
    QVERIFY(child<QLabel>("compareWord")->text().contains("“pattern”"));
    click("compare");
    QTRY_VERIFY_WITH_TIMEOUT(controller()->comparison()->started() && !controller()->comparison()->running(),
                             patience_ms);
    QCOMPARE(controller()->comparison()->answer(Side::left).error, QString());
    QCOMPARE(controller()->comparison()->answer(Side::right).error, QString());
    QTRY_VERIFY_WITH_TIMEOUT(
        !child<AnswerCard>("compareLeft")->image().isNull() && !child<AnswerCard>("compareRight")->image().isNull(),
        patience_ms);
    QVERIFY(child<AnswerCard>("compareLeft")->image() != child<AnswerCard>("compareRight")->image());
    export_to(QStringLiteral("A1111, ComfyUI"), folder_.filePath(QStringLiteral("word")));
    QCOMPARE(QFileInfo(controller()->exported()).fileName(), QStringLiteral("weave.safetensors"));

    create::CreateController* pictures = f_->workbench.create()->controller();
    pictures->store()->change([](api::ImageSettings& settings) { settings.prompt = "night"; });
    click("useResult");
    QTRY_COMPARE_WITH_TIMEOUT(f_->workbench.window()->panel()->id(), QStringLiteral("create"), patience_ms);
    QCOMPARE(pictures->store()->settings().model, std::string("small-sd15"));
    QCOMPARE(pictures->store()->settings().prompt, std::string("night, <weave>"));
    pictures->store()->change([](api::ImageSettings& settings) {
      settings.adapters.clear();
      settings.width = settings.height = 32;
      settings.steps = 2;
      settings.seed = 5;
    });
    QTRY_VERIFY2_WITH_TIMEOUT(pictures->blocked().isEmpty(), qPrintable(pictures->blocked()), patience_ms);
    const QImage with = made_in(pictures);
    QVERIFY(!with.isNull());
    // Taken away, the same letters are read as they stand.
    QVERIFY(QFile::remove(qEnvironmentVariable("DIPTYCH_MODELS") + QStringLiteral("/embeddings/<weave>.safetensors")));
    const QImage without = made_in(pictures);
    QVERIFY(!without.isNull() && without != with);
  }

  void everything_is_there_again_after_a_restart_of_the_window() {
    const size_t runs = controller()->runs().size(), drafts = controller()->drafts()->drafts().size();
    f_.reset();
    f_ = std::make_unique<RealWindow>();
    f_->workbench.window()->show_panel(QStringLiteral("finetune"));
    QTRY_COMPARE_WITH_TIMEOUT(controller()->runs().size(), runs, patience_ms);
    QCOMPARE(controller()->drafts()->drafts().size(), drafts);
    QTRY_VERIFY_WITH_TIMEOUT(!controller()->current().isEmpty(), patience_ms);
  }
};

int main(int argc, char** argv) {
  diptych::gui::OwnHome home;
  const QString models = home.path() + QStringLiteral("/models");
  QDir().mkpath(models);
  diptych::app::write_small_model((models + QStringLiteral("/small.gguf")).toStdString(), "llama",
                                  diptych::app::untrained);
  QFile::link(QStringLiteral(DIPTYCH_SOURCE_DIR "/tests/golden/cases/pipeline_sd15/model"),
              models + QStringLiteral("/small-sd15"));
  qputenv("DIPTYCH_MODELS", models.toUtf8());
  QApplication application(argc, argv);
  std::setlocale(LC_NUMERIC, "C");
  FinetuneEndToEndTest test;
  return QTest::qExec(&test, argc, argv);
}
#include "finetune_end_to_end_test.moc"
