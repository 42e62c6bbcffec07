// A recorded answer at 200 tokens/s through the real client, service, controller and view: what it costs the UI thread
// per frame; and what the whole window costs while nothing happens.
#include "engine/api/conversation.h"
#include "engine/api/sse.h"
#include "engine/api/telemetry.h"
#include "tests/gui/real_window.h"
#include "tests/ui/panels/chat/frame_probe.h"
#include "tests/ui/panels/chat/sample_thread.h"
#include "tests/ui/replay/replay_server.h"

using namespace diptych;
using replay::Piece;
using replay::Request;
using replay::Response;

namespace {

constexpr double tokens_per_s = 200;
constexpr int token_count = 1000;

QByteArray event(int id, const char* type, const api::Json& data) {
  std::string text;
  api::write_event(text, "r-" + std::to_string(id), type, api::dump(data));
  return QByteArray::fromStdString(text);
}

QByteArray bytes(const api::Json& json) {
  return QByteArray::fromStdString(api::dump(json));
}

api::Message writing(const std::string& text, api::MessageState state) {
  api::Message message;
  message.id = "m1";
  message.role = api::Role::assistant;
  message.state = state;
  message.text = text;
  return message;
}

// The events of one long answer with everything Markdown can hold, one token each.
QList<Piece> recording() {
  const QString text = sample_thread()[1].text + QStringLiteral("\n\n");
  QList<Piece> pieces{{0, event(1, "message_changed", api::to_json(writing("", api::MessageState::writing)))}};
  std::string whole;
  qsizetype at = 0;
  for (int i = 0; i < token_count; ++i) {
    const qsizetype start = at % text.size();
    const QString token = text.mid(start, std::min(1 + (at * 7 + i * 3) % 7, text.size() - start));
    at += token.size();
    whole += token.toStdString();
    pieces << Piece{0,
                    event(i + 2, "answer_grew", {{"message", "m1"}, {"text", token.toStdString()}, {"thinking", ""}})};
  }
  pieces << Piece{0, event(token_count + 2, "answer_ended",
                           {{"message", api::to_json(writing(whole, api::MessageState::complete))}})};
  // Through the file format of recordings, so that one taken from a real host with record-stream serves as well.
  return replay::at_rate(replay::read_recording(replay::write_recording(pieces)), tokens_per_s);
}

QByteArray sample() {
  api::TelemetrySample result;
  result.tokens_per_s = api::reading(200, api::Known::counter, "tokens");
  api::DeviceTelemetry device;
  device.memory_capacity_bytes = api::reading(24e9, api::Known::counter, "MemTotal");
  device.owners = {{"weights", 98e6, 98e6}};
  result.devices = {device};
  return bytes(api::to_json(result));
}

Response answer(const Request& request) {
  Response response;
  const QByteArray path = request.path.split('?').first();
  if (path == "/api/version") {
    response.body = R"({"protocol": "1.0", "version": "0.1", "pid": 1})";
  } else if (path == "/api/models") {
    api::ModelInfo model;
    model.id = model.name = "small";
    model.state = api::ModelState::loaded;
    model.context_tokens = 8192;
    api::ModelList list;
    list.models = {model};
    response.body = bytes(api::to_json(list));
  } else if (path == "/api/conversations" && request.method == "GET") {
    response.body = R"({"conversations": [{"id": "c", "title": "A long answer"}]})";
  } else if (path == "/api/conversations/c") {
    api::Conversation conversation;
    conversation.info.id = "c";
    response.body = bytes(api::to_json(conversation));
  } else if (path == "/api/conversations/c/events") {
    response.stream = recording();
    response.stays_open = true;
  } else if (path == "/api/telemetry") {
    for (int i = 0; i < 400; ++i)  // as often as a busy host sends them
      response.stream << Piece{i * (i < 40 ? 250.0 : 1000.0), "event: sample\ndata: " + sample() + "\n\n"};
    response.stays_open = true;
  } else if (path == "/api/events") {
    response.stream = {{0, ": hello\n\n"}};
    response.stays_open = true;
  } else {
    response.body = "{}";
  }
  return response;
}

}  // namespace

class StreamReplayTest : public QObject {
  Q_OBJECT

  std::unique_ptr<replay::ReplayServer> server_;
  std::unique_ptr<gui::RealWindow> f_;

 private slots:
  void initTestCase() {
    server_ = std::make_unique<replay::ReplayServer>(answer);
    window::Arguments arguments;
    arguments.host = ui::HostAddress{QUrl(QStringLiteral("http://127.0.0.1:%1").arg(server_->port())), {}};
    f_ = std::make_unique<gui::RealWindow>(arguments);
    QTRY_COMPARE(f_->workbench.link()->state(), ui::HostLink::State::ready);
    QTRY_VERIFY(f_->controller()->blocked().reason.isEmpty());
  }
  void cleanupTestCase() { f_.reset(); }

  void two_hundred_tokens_a_second_stay_under_a_frame() {
    FrameProbe probe;
    f_->controller()->open_conversation("c");
    QTRY_VERIFY(f_->controller()->streaming());
    probe.start();
    QElapsedTimer clock;
    clock.start();
    QTRY_VERIFY_WITH_TIMEOUT(!f_->controller()->streaming(), 60'000);
    probe.stop();
    const double seconds = static_cast<double>(clock.elapsed()) / 1000;
    qInfo("%d tokens in %.1f s; %zu frames, UI thread per frame: median %.2f ms, p90 %.2f ms, p99 %.2f ms, max %.2f ms",
          token_count, seconds, probe.frames(), probe.percentile_ms(0.5), probe.percentile_ms(0.9),
          probe.percentile_ms(0.99), probe.percentile_ms(1));
    QVERIFY2(seconds < 1.5 * token_count / tokens_per_s, "the window fell behind the stream");
    QVERIFY(f_->last_text().size() > 2 * token_count);
    QVERIFY(probe.percentile_ms(0.99) < 8);
  }

  void an_idle_window_costs_under_a_percent_of_a_core() {
    QTest::qWait(500);
    timespec before{}, after{};
    clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &before);  // its network threads count as well
    const double thread_before = FrameProbe::thread_ms();
    QEventLoop loop;  // sleeps between events, as the program does; qWait() would poll
    QTimer::singleShot(4000, &loop, &QEventLoop::quit);
    loop.exec();
    const double share = (FrameProbe::thread_ms() - thread_before) / 4000;
    clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &after);
    const double process = (static_cast<double>(after.tv_sec - before.tv_sec) * 1e3 +
                            static_cast<double>(after.tv_nsec - before.tv_nsec) / 1e6) /
                           4000;
    qInfo("idle: %.2f %% of a core in the UI thread, %.2f %% in the process with this test's server", share * 100,
          process * 100);
    QVERIFY(share < 0.01);
    QVERIFY(process < 0.01);
  }
};

int main(int argc, char** argv) {
  diptych::gui::OwnHome home;
  QApplication application(argc, argv);
  std::setlocale(LC_NUMERIC, "C");
  StreamReplayTest test;
  return QTest::qExec(&test, argc, argv);
}
#include "stream_replay_test.moc"
