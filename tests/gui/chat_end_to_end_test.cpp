// A person at the window: ask, read, stop, regenerate; then the engine is killed, and the answer goes on.
#include <QElapsedTimer>
#include <QPushButton>

#include "tests/gui/real_window.h"
#include "ui/widgets/bars.h"
#include "ui/widgets/gauge.h"
#include "ui/widgets/gauge_strip.h"

using namespace diptych;
using namespace diptych::chat;
using diptych::gui::RealWindow;

class ChatEndToEndTest : public QObject {
  Q_OBJECT

  const QString program_, model_, answer_;
  std::unique_ptr<RealWindow> f_;

  static constexpr int load_ms = 60'000;
  static constexpr int answer_ms = 120'000;

  std::unique_ptr<RealWindow> open_window(const window::Arguments& arguments) {
    return std::make_unique<RealWindow>(arguments, program_);
  }
  bool writing() { return f_->controller()->streaming(); }

 public:
  // `answer`: what the answer to the first question must contain.
  ChatEndToEndTest(QString program, QString model, QString answer)
      : program_(std::move(program)), model_(std::move(model)), answer_(std::move(answer)) {}

 private slots:
  void initTestCase() {
    if (!QFileInfo::exists(model_))
      QSKIP(qPrintable(QStringLiteral("%1 is not there: run 'diptych models get smollm2-135m-instruct'").arg(model_)));
    window::Arguments arguments;
    arguments.model = model_;
    QElapsedTimer clock;
    clock.start();
    f_ = open_window(arguments);
    QTRY_COMPARE_WITH_TIMEOUT(f_->workbench.link()->state(), ui::HostLink::State::ready, load_ms);
    qInfo("host ready after %lld ms", static_cast<long long>(clock.elapsed()));
    QTRY_VERIFY_WITH_TIMEOUT(f_->controller()->blocked().reason.isEmpty(), load_ms);
    qInfo("model loaded after %lld ms", static_cast<long long>(clock.elapsed()));
    // Long and the same each time.
    ChatSettings settings = f_->controller()->settings();
    settings.temperature = 0;
    settings.seed = 1;
    settings.max_tokens = 400;
    f_->controller()->set_settings(settings);
  }
  void cleanupTestCase() { f_.reset(); }

  void a_question_is_answered_piece_by_piece() {
    QSignalSpy pieces(f_->workbench.service(), &ChatService::answer_grew);
    f_->ask(QStringLiteral("What is the capital of France?"));
    QTRY_COMPARE_WITH_TIMEOUT(f_->thread()->rowCount(), 2, answer_ms);
    QTRY_VERIFY_WITH_TIMEOUT(!writing() && f_->last()->state == MessageState::complete, answer_ms);
    QVERIFY2(f_->last_text().contains(answer_), qPrintable(f_->last_text()));
    QVERIFY(pieces.size() > 1);  // a short answer: some 8 tokens, 25 ms of them at a time
    QVERIFY(f_->last()->stats.tokens_per_s.value_or(0) > 0);
    QVERIFY(f_->last()->stats.first_token_ms.value_or(0) > 0);
    QVERIFY(f_->field()->toPlainText().isEmpty());
    QVERIFY(f_->controller()->tokens_used() > 0);
    // What is painted is what was said.
    QTRY_VERIFY(f_->workbench.chat()->chat()->view()->item(1)->laid_out());
    QTRY_VERIFY(f_->workbench.chat()->chat()->view()->item(1)->body().plain_text().contains(answer_));
  }

  void the_gauges_move() {
    ui::Gauge* speed = f_->workbench.window()->gauges()->gauge(ui::GaugeKind::speed);
    f_->ask(QStringLiteral("Write a long story about a lighthouse."));
    QTRY_VERIFY_WITH_TIMEOUT(writing(), answer_ms);
    QTRY_VERIFY_WITH_TIMEOUT(speed->value_text().contains(QRegularExpression("[1-9]")), answer_ms);
  }

  void a_running_answer_stops_at_escape() {
    QTRY_VERIFY_WITH_TIMEOUT(!f_->last_text().isEmpty(), answer_ms);
    QVERIFY(writing());
    QTest::keyClick(f_->field(), Qt::Key_Escape);
    QElapsedTimer clock;
    clock.start();
    QTRY_VERIFY(!writing());
    QVERIFY(clock.elapsed() < 2000);
    QTRY_COMPARE(f_->last()->state, MessageState::stopped);
    const QString text = f_->last_text();
    QVERIFY(!text.isEmpty());
    QTest::qWait(500);
    QCOMPARE(f_->last_text(), text);
  }

  void an_answer_is_written_once_more() {
    const QString first = f_->last()->id;
    const int rows = f_->thread()->rowCount();
    f_->controller()->regenerate(first);
    QTRY_VERIFY_WITH_TIMEOUT(writing() && f_->last()->id != first, answer_ms);
    QCOMPARE(f_->thread()->rowCount(), rows);
    QCOMPARE(f_->thread()->tree().position(f_->last()->id).count, 2);
    QTRY_VERIFY_WITH_TIMEOUT(f_->last_text().size() > 40, answer_ms);
  }

  void a_killed_host_is_replaced_and_the_answer_goes_on() {
    QVERIFY(writing());
    const QString id = f_->last()->id;
    const QString before = f_->last_text();
    const qint64 killed = f_->workbench.link()->version().pid;
    QVERIFY(killed > 0 && ::kill(static_cast<pid_t>(killed), SIGKILL) == 0);
    QElapsedTimer clock;
    clock.start();
    QTRY_VERIFY(!writing());
    QTRY_VERIFY_WITH_TIMEOUT(
        f_->workbench.link()->state() == ui::HostLink::State::ready && f_->workbench.link()->version().pid != killed,
        10'000);
    qInfo("a fresh host after %lld ms", static_cast<long long>(clock.elapsed()));
    QVERIFY2(clock.elapsed() < 2000, "the fresh host came too late");
    QCOMPARE(f_->last()->id, id);
    QVERIFY(f_->last_text().startsWith(before));  // nothing that was read went away
    ui::NoticeBar* bar = f_->workbench.window()->notices();
    QTRY_VERIFY_WITH_TIMEOUT(bar->isVisible() && bar->text().contains("in the middle of an answer"), 10'000);
    QCOMPARE(f_->last()->state, MessageState::interrupted);
    const QString kept = f_->last_text();
    QPushButton* go_on = nullptr;
    for (QPushButton* button : bar->findChildren<QPushButton*>())
      if (button->text() == QStringLiteral("Continue the answer")) go_on = button;
    QVERIFY(go_on);
    QTest::mouseClick(go_on, Qt::LeftButton);
    QTRY_VERIFY_WITH_TIMEOUT(writing(), load_ms);
    QTRY_VERIFY_WITH_TIMEOUT(f_->last_text().size() > kept.size() + 20, answer_ms);
    QCOMPARE(f_->last()->id, id);
    QVERIFY2(f_->last_text().startsWith(kept), qPrintable(kept + "\n---\n" + f_->last_text()));
    f_->controller()->stop();
    QTRY_VERIFY(!writing());
  }

  void the_conversation_is_there_again_after_a_restart_of_the_window() {
    const QString conversation = f_->controller()->conversation();
    const QString text = f_->last_text();
    f_.reset();
    f_ = open_window({});
    QTRY_VERIFY_WITH_TIMEOUT(f_->controller()->conversations()->index_of(conversation).isValid(), load_ms);
    f_->controller()->open_conversation(conversation);
    QTRY_COMPARE(f_->last_text(), text);
  }
};

int main(int argc, char** argv) {
  diptych::gui::OwnHome home;
  QApplication application(argc, argv);
  std::setlocale(LC_NUMERIC, "C");
  // --scripted: the real host with a model that needs no weights.
  QStringList words = QApplication::arguments();
  if (words.removeAll(QStringLiteral("--scripted")) == 0) {
    ChatEndToEndTest test(gui::program(), gui::small_model(), QStringLiteral("Paris"));
    return QTest::qExec(&test, words);
  }
  const QString models = home.path() + QStringLiteral("/models");
  QDir().mkpath(models);
  QFile tiny(models + QStringLiteral("/tiny.gguf"));
  if (!tiny.open(QIODevice::WriteOnly) || tiny.write("GGUF") != 4) return 1;
  tiny.close();
  qputenv("DIPTYCH_MODELS", models.toUtf8());
  ChatEndToEndTest test(QStringLiteral(DIPTYCH_BINARY_DIR "/tests/scripted-host"), tiny.fileName(),
                        QStringLiteral("t0 t1 t2"));
  return QTest::qExec(&test, words);
}
#include "chat_end_to_end_test.moc"
