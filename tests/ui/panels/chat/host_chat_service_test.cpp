// The service against a server that answers as engine/api/README.md says.
#include "ui/panels/chat/host_chat_service.h"

#include <QSignalSpy>
#include <QtTest>
#include <algorithm>
#include <map>

#include "engine/api/sse.h"
#include "tests/ui/replay/replay_server.h"
#include "ui/panels/chat/wire.h"

using namespace diptych;
using namespace diptych::chat;
using replay::Piece;
using replay::Request;
using replay::Response;

namespace {

api::Message message(const char* id, api::Role role, api::MessageState state, const char* text) {
  api::Message result;
  result.id = id;
  result.role = role;
  result.state = state;
  result.text = text;
  return result;
}

QByteArray sse(const char* id, const char* type, const api::Json& data) {
  std::string text;
  api::write_event(text, id, type, api::dump(data));
  return QByteArray::fromStdString(text);
}

QByteArray bytes(const api::Json& json) {
  return QByteArray::fromStdString(api::dump(json));
}

// Routes are set before the first request; what was asked is read after the last.
struct Host {
  Host()
      : server([this](const Request& request) {
          const QMutexLocker lock(&mutex);
          asked << request;
          const auto found = routes.find(request.method + " " + request.path);
          Response response;
          if (found != routes.end()) return found->second;
          response.status = 404;
          response.body =
              bytes(api::error_body(api::make_error("not_found", "no such thing", request.path.toStdString(),
                                                    "this host does not know it", "ask for another")));
          return response;
        }),
        link({}, ui::HostAddress{QUrl(QStringLiteral("http://127.0.0.1:%1").arg(server.port())), {}}),
        service(&link) {
    routes["GET /api/version"].body = R"({"protocol": "1.0", "version": "0.1", "pid": 1})";
    stream("/api/events", {{0, ": hello\n\n"}});
    api::ModelInfo model;
    model.id = model.name = "small";
    model.state = api::ModelState::available;
    api::ModelList list;
    list.models = {model};
    routes["GET /api/models"].body = bytes(api::to_json(list));
    api::Conversation conversation;
    conversation.info.id = "c/1";
    conversation.info.title = "Bread";
    conversation.settings.model = "small";
    conversation.last_event = "r-5";
    conversation.messages = {message("m1", api::Role::user, api::MessageState::complete, "Hi")};
    routes["GET /api/conversations/c%2F1"].body = routes["POST /api/conversations"].body =
        bytes(api::to_json(conversation));
    stream("/api/conversations/c%2F1/events", {{0, ": hello\n\n"}});
  }
  void stream(const QByteArray& path, const QList<Piece>& pieces) {
    Response response;
    response.stream = pieces;
    response.stays_open = true;
    routes["GET " + path] = response;
  }
  void start() {
    link.start();
    QTRY_COMPARE(link.state(), ui::HostLink::State::ready);
  }
  api::Json body_of(const QByteArray& what) {
    const QMutexLocker lock(&mutex);
    for (const Request& request : asked)
      if (request.method + " " + request.path == what) return *api::parse(request.body.toStdString());
    return {};
  }

  QMutex mutex;
  QList<Request> asked;
  std::map<QByteArray, Response> routes;
  replay::ReplayServer server;
  ui::HostLink link;
  HostChatService service;
};

}  // namespace

class HostChatServiceTest : public QObject {
  Q_OBJECT

 private slots:
  void a_list_that_comes_late_does_not_undo_what_events_said() {
    Host host;
    api::ModelInfo model;
    model.id = model.name = "small";
    model.state = api::ModelState::loading;
    api::ModelList list;
    list.models = {model};
    model.state = api::ModelState::loaded;
    Response late;
    late.stream = {{400, bytes(api::to_json(list))}};
    host.routes["GET /api/models"] = late;
    host.stream("/api/events", {{0, ": hello\n\n"}, {100, sse("r-1", "model_changed", api::to_json(model))}});
    host.start();
    QSignalSpy listed(&host.service, &ChatService::models_listed);
    host.service.list_models();
    host.service.list_models();  // the second waits for the first
    QTRY_COMPARE(listed.size(), 3);
    QTest::qWait(100);
    QCOMPARE(listed.size(), 3);  // news, and two lists
    for (int i = 0; i < 2; ++i)
      QCOMPARE(listed.at(i).at(0).value<QList<ModelInfo>>().at(0).state, ModelInfo::State::loaded);
    const QMutexLocker lock(&host.mutex);
    QCOMPARE(std::ranges::count(host.asked, QByteArray("/api/models"), &Request::path), 2);
  }

  void an_answer_comes_by_its_conversations_events() {
    Host host;
    api::Message answer = message("m2", api::Role::assistant, api::MessageState::writing, "");
    answer.parent = "m1";
    api::Message whole = answer;
    whole.state = api::MessageState::complete;
    whole.text = "Hello there";
    whole.metrics.tokens_per_s = 41.5;
    host.stream("/api/conversations/c%2F1/events",
                {{0, sse("r-6", "message_changed", api::to_json(answer))},
                 {20, sse("r-7", "answer_grew", {{"message", "m2"}, {"text", "Hello"}, {"thinking", ""}})},
                 {40, sse("r-8", "answer_grew", {{"message", "m2"}, {"text", " there"}, {"thinking", "hm"}})},
                 {60, sse("r-9", "answer_ended", {{"message", api::to_json(whole)}})}});
    host.routes["POST /api/conversations/c%2F1/messages"].body = "{}";
    QStringList said;
    connect(&host.service, &ChatService::conversation_opened, this, [&](const Conversation& one) {
      said << "opened " + one.info.id + " " + one.messages.value(0).text;
      host.service.send(one.info.id, "m1", QStringLiteral("and you?"));
    });
    connect(&host.service, &ChatService::message_changed, this, [&](const QString& id, const Message& one) {
      said << id + " " + one.id + (one.state == MessageState::streaming ? " writing" : " whole " + one.text);
    });
    connect(&host.service, &ChatService::answer_grew, this,
            [&](const QString&, const QString& id, const QString& text, const QString& thinking) {
              said << id + " +" + text + "|" + thinking;
            });
    connect(&host.service, &ChatService::answer_ended, this,
            [&](const QString&, const QString& id) { said << "ended " + id; });
    host.start();
    host.service.open_conversation("c/1");
    QTRY_VERIFY(said.contains("ended m2"));
    QCOMPARE(said, (QStringList{"opened c/1 Hi", "c/1 m2 writing", "m2 +Hello|", "m2 + there|hm",
                                "c/1 m2 whole Hello there", "ended m2"}));
    QCOMPARE(host.body_of("POST /api/conversations/c%2F1/messages"),
             (api::Json{{"text", "and you?"}, {"parent", "m1"}}));
    const QMutexLocker lock(&host.mutex);
    for (const Request& request : host.asked)
      if (request.path.endsWith("c%2F1/events")) QCOMPARE(request.last_event_id, QByteArray("r-5"));
  }

  void a_question_waits_for_the_settings_before_it() {
    Host host;
    host.routes["PATCH /api/conversations/c%2F1"].stream = {{300, "{}"}};  // the reply ends late
    host.routes["POST /api/conversations/c%2F1/messages"].body = "{}";
    host.start();
    ChatSettings settings;
    settings.temperature = 0;
    host.service.save_settings("c/1", settings);
    host.service.send("c/1", {}, "and now?");
    const auto asked = [&](const QByteArray& method) {
      const QMutexLocker lock(&host.mutex);
      return std::ranges::any_of(host.asked, [&](const Request& request) {
        return request.method == method && request.path.startsWith("/api/conversations/c%2F1");
      });
    };
    QTRY_VERIFY(asked("PATCH"));
    QTest::qWait(150);
    QVERIFY(!asked("POST"));
    QTRY_VERIFY(asked("POST"));
    // A change that fails holds nothing up.
    host.service.save_settings("c/2", settings);
    host.service.send("c/2", {}, "anyway");
    QTRY_VERIFY(!host.body_of("POST /api/conversations/c%2F2/messages").is_null());
  }

  void words_that_were_not_taken_come_back() {
    Host host;
    Response full;
    full.status = 503;
    full.body = bytes(api::error_body(
        api::make_error("unavailable", "cannot answer", "this conversation", "no model is loaded", "load a model")));
    host.routes["POST /api/conversations/c%2F1/messages"] = full;
    host.start();
    QSignalSpy back(&host.service, &ChatService::not_sent);
    QStringList failed;
    connect(&host.service, &ChatService::failed, this,
            [&](const QString& what, const QString& why, const QString& to_do) { failed << what << why << to_do; });
    host.service.send("c/1", {}, "dear words");
    QTRY_COMPARE(back.size(), 1);
    QCOMPARE(back[0][1].toString(), QStringLiteral("dear words"));
    QCOMPARE(failed, (QStringList{"Cannot answer (this conversation)", "no model is loaded", "Load a model"}));
    host.routes.erase("POST /api/conversations");
    host.service.create_conversation();
    QTRY_COMPARE(back.size(), 2);
    QCOMPARE(back[1][1].toString(), QString());
  }

  void a_stream_that_lost_its_place_fetches_the_whole() {
    Host host;
    host.stream("/api/conversations/c%2F1/events", {{0, sse("q-1", "reset", api::Json::object())}});
    host.start();
    int opened = 0;
    connect(&host.service, &ChatService::conversation_opened, this, [&] {
      if (++opened == 2) host.link.http()->set_host(QUrl("http://127.0.0.1:9"), {});  // enough: no third round
    });
    host.service.open_conversation("c/1");
    QTRY_VERIFY(opened >= 2);
  }

  void settings_keep_what_the_window_does_not_show() {
    Host host;
    host.routes["PATCH /api/conversations/c%2F1"].body = "{}";
    host.start();
    QSignalSpy opened(&host.service, &ChatService::conversation_opened);
    host.service.open_conversation("c/1");
    QTRY_COMPARE(opened.size(), 1);
    ChatSettings settings;
    settings.temperature = 0.1;
    settings.seed = 7;
    settings.context_policy = ContextPolicy::drop_oldest;
    host.service.save_settings("c/1", settings);
    QTRY_VERIFY(!host.body_of("PATCH /api/conversations/c%2F1").is_null());
    const auto sent =
        api::from_json<api::ConversationSettings>(host.body_of("PATCH /api/conversations/c%2F1")["settings"]);
    QCOMPARE(sent.model, std::string("small"));
    QCOMPARE(sent.sampling.temperature, 0.1);
    QVERIFY(from_wire(sent) == settings);
  }

  void a_model_asked_for_early_is_loaded_once_the_host_is_there() {
    Host host;
    api::ModelInfo model;
    model.id = "small";
    model.state = api::ModelState::loaded;
    host.routes["POST /api/models/load"].body = bytes({{"model", api::to_json(model)}, {"job", "j1"}});
    api::ModelList list;
    list.models = {model};
    host.service.load_model("/models/small.gguf");
    QList<ModelInfo> models;
    connect(&host.service, &ChatService::models_listed, this, [&](const QList<ModelInfo>& now) { models = now; });
    host.routes["GET /api/models"].body = bytes(api::to_json(list));
    host.start();
    QTRY_VERIFY(models.size() == 1 && models[0].chosen);
    QCOMPARE(host.body_of("POST /api/models/load"), (api::Json{{"model", "/models/small.gguf"}}));
    // When the host dies, what answered is loaded again by the next one, unasked.
    emit host.link.state_changed(ui::HostLink::State::lost, {});
    QCOMPARE(models[0].state, ModelInfo::State::available);
  }

  void searches_are_escaped_and_marks_removed() {
    Host host;
    api::ConversationSummary summary;
    summary.id = "c/1";
    summary.snippet =
        "the \xE2\x81\xA8"
        "bread\xE2\x81\xA9 rises";
    host.routes["GET /api/conversations?q=a%26b%20%C3%A4"].body =
        bytes({{"conversations", api::Json::array({api::to_json(summary)})}});
    host.start();
    QList<ConversationInfo> found;
    connect(&host.service, &ChatService::conversations_listed, this,
            [&](const QString&, const QList<ConversationInfo>& list) { found = list; });
    host.service.list_conversations(QStringLiteral("a&b ä"));
    QTRY_COMPARE(found.size(), 1);
    QCOMPARE(found[0].snippet, QStringLiteral("the bread rises"));
  }
};

QTEST_GUILESS_MAIN(HostChatServiceTest)
#include "host_chat_service_test.moc"
