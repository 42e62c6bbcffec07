// The service against a server that answers as engine/api/README.md says.
#include "ui/panels/finetune/host_finetune_service.h"

#include <QBuffer>
#include <QMutex>
#include <QSignalSpy>
#include <QtTest>
#include <map>

#include "engine/api/job.h"
#include "engine/api/sse.h"
#include "tests/ui/replay/replay_server.h"

using namespace diptych;
using namespace diptych::finetune;
using replay::Piece;
using replay::Request;
using replay::Response;

namespace {

QByteArray bytes(const api::Json& json) {
  return QByteArray::fromStdString(api::dump(json));
}

QByteArray sse(const char* id, const char* type, const api::Json& data) {
  std::string text;
  api::write_event(text, id, type, api::dump(data));
  return QByteArray::fromStdString(text);
}

struct TrainingHost {
  TrainingHost()
      : server([this](const Request& request) {
          const QMutexLocker lock(&mutex);
          asked << request;
          const auto found = routes.find(request.method + " " + request.path);
          if (found != routes.end()) return found->second;
          Response response;
          response.status = 404;
          response.body = bytes(api::error_body(api::make_error("not_found", "no such thing", "it", "why", "look")));
          return response;
        }),
        link({}, ui::HostAddress{QUrl(QStringLiteral("http://127.0.0.1:%1").arg(server.port())), {}}),
        service(&link) {
    routes["GET /api/version"].body = R"({"protocol": "1.1", "version": "0.1", "pid": 1})";
    stream("/api/events", {{0, ": hello\n\n"}});
  }
  void stream(const QByteArray& path, const QList<Piece>& pieces) {
    Response& response = routes["GET " + path];
    response.stream = pieces;
    response.stays_open = true;
  }
  void start() {
    link.start();
    QTRY_COMPARE(link.state(), ui::HostLink::State::ready);
  }
  Request last(const QByteArray& what) {
    const QMutexLocker lock(&mutex);
    for (qsizetype i = asked.size() - 1; i >= 0; --i)
      if (asked[i].method + " " + asked[i].path == what) return asked[i];
    return {};
  }
  api::Json body(const QByteArray& what) { return api::parse(last(what).body.toStdString()).value_or(nullptr); }

  QMutex mutex;
  QList<Request> asked;
  std::map<QByteArray, Response> routes;
  replay::ReplayServer server;
  ui::HostLink link;
  HostFinetuneService service;
};

api::TrainingRun run_of(const std::string& id, api::RunState state) {
  api::TrainingRun run;
  run.id = run.name = id;
  run.state = state;
  run.job = "j1";
  return run;
}

}  // namespace

class HostFinetuneServiceTest : public QObject {
  Q_OBJECT

 private slots:
  void requests_say_what_the_interface_wants() {
    TrainingHost host;
    api::TrainingPlan plan;
    plan.memory_bytes = 7;
    host.routes["POST /api/training/plan"].body = bytes(api::to_json(plan));
    host.routes["POST /api/training/runs"] = {
        202, "application/json", bytes(api::to_json(run_of("r1", api::RunState::queued))), {}, false, false};
    host.start();
    int64_t told = 0;
    host.service.plan({{"rank", 8}}, false, [&told](const auto& answer) { told = answer.memory_bytes; }, {});
    QTRY_COMPARE(told, int64_t{7});
    QVERIFY(host.body("POST /api/training/plan") == (api::Json{{"recipe", {{"rank", 8}}}, {"alternatives", false}}));
    std::string started;
    host.service.start_run({{"rank", 8}}, QStringLiteral("Ada"), [&started](const auto& run) { started = run.id; }, {});
    QTRY_COMPARE(started, std::string("r1"));
    QCOMPARE(host.body("POST /api/training/runs")["name"].get<std::string>(), std::string("Ada"));
  }

  void a_refusal_comes_with_its_reason() {
    TrainingHost host;
    host.start();
    QString why;
    host.service.command_run(QStringLiteral("r/1"), RunCommand::pause,
                             [&why](const Failure& failure) { why = failure.text(); });
    QTRY_COMPARE(why, QStringLiteral("No such thing (it): why. Look"));
    QCOMPARE(host.last("POST /api/training/runs/r%2F1/pause").method, QByteArray("POST"));
    api::CaptionEdit edit;
    edit.file = "/data/a b.png";
    host.service.set_caption(edit, {}, [](const Failure&) {});
    QTRY_COMPARE(host.last("PUT /api/training/captions").method, QByteArray("PUT"));
    QVERIFY(host.body("PUT /api/training/captions")["caption"].is_null());
  }

  void a_run_is_followed_step_by_step() {
    TrainingHost host;
    api::TrainingStep step;
    step.step = 3;
    step.steps = 40;
    step.loss = 2.5;
    api::TrainingSample sample;
    sample.step = 3;
    sample.text = "ahoy";
    host.stream("/api/jobs/j1/events", {{0, sse("1", "step", api::to_json(step))},
                                        {5, sse("2", "sample", api::to_json(sample))},
                                        {10, sse("3", "checkpoint", {{"step", 3}, {"path", "/x"}})},
                                        {15, sse("4", "note", {{"text", "slow disk"}, {"error", nullptr}})},
                                        {20, sse("5", "step", {{"step", "three"}})},
                                        {25, sse("6", "unknown", {{"step", 1}})}});
    host.start();
    QSignalSpy steps(&host.service, &FinetuneService::stepped), samples(&host.service, &FinetuneService::sampled),
        saved(&host.service, &FinetuneService::saved), notes(&host.service, &FinetuneService::noted);
    host.service.follow(QStringLiteral("r1"), QStringLiteral("j1"));
    QTRY_COMPARE(notes.size(), 1);
    QCOMPARE(steps.size(), 1);
    QCOMPARE(steps[0][0].toString(), QStringLiteral("r1"));
    QCOMPARE(steps[0][1].value<api::TrainingStep>().loss, std::optional<double>(2.5));
    QCOMPARE(samples[0][1].value<api::TrainingSample>().text, std::string("ahoy"));
    QCOMPARE(saved[0][1].value<api::TrainingCheckpoint>().step, int64_t{3});
  }

  void news_of_the_host_reach_the_lists() {
    TrainingHost host;
    host.stream("/api/events", {{0, ": hello\n\n"},
                                {30, sse("r-1", "training_changed", api::to_json(run_of("r1", api::RunState::paused)))},
                                {35, sse("r-2", "training_removed", {{"id", "r2"}})},
                                {40, sse("r-3", "models_changed", api::Json::object())}});
    QSignalSpy changed(&host.service, &FinetuneService::run_changed),
        removed(&host.service, &FinetuneService::run_removed), bases(&host.service, &FinetuneService::bases_changed);
    host.start();
    QTRY_COMPARE(bases.size(), 1);
    QCOMPARE(changed.size(), 1);
    QVERIFY(changed[0][0].value<api::TrainingRun>().state == api::RunState::paused);
    QCOMPARE(removed[0][0].toString(), QStringLiteral("r2"));
  }

  // A run may have paused before the answer to "pause" is read.
  void an_answer_that_comes_late_changes_nothing() {
    TrainingHost host;
    api::TrainingRun paused = run_of("r1", api::RunState::paused), before = run_of("r1", api::RunState::running);
    before.revision = 4, paused.revision = 5;
    host.stream("/api/events", {{0, ": hello\n\n"}, {10, sse("r-1", "training_changed", api::to_json(paused))}});
    host.routes["POST /api/training/runs/r1/pause"].body = bytes(api::to_json(before));
    QSignalSpy changed(&host.service, &FinetuneService::run_changed);
    host.start();
    QTRY_COMPARE(changed.size(), 1);
    host.service.command_run(QStringLiteral("r1"), RunCommand::pause, {});
    QTRY_VERIFY(!host.last("POST /api/training/runs/r1/pause").method.isEmpty());
    QTest::qWait(100);
    QCOMPARE(changed.size(), 1);
    before.revision = 6;
    {
      const QMutexLocker lock(&host.mutex);
      host.routes["POST /api/training/runs/r1/pause"].body = bytes(api::to_json(before));
    }
    host.service.command_run(QStringLiteral("r1"), RunCommand::pause, {});
    QTRY_COMPARE(changed.size(), 2);
  }

  void both_jobs_of_a_comparison_are_followed_to_their_ends() {
    TrainingHost host;
    api::CompareStarted jobs{"jb", "jt", 42};
    host.routes["POST /api/training/runs/r1/compare"] = {202,  "application/json", bytes(api::to_json(jobs)), {}, false,
                                                         false};
    host.stream("/api/jobs/jb/events", {{0, sse("1", "state", {{"state", "running"}})},
                                        {5, sse("2", "grew", {{"text", "Il "}, {"thinking", ""}})},
                                        {10, sse("3", "grew", {{"text", "Coriobella"}, {"thinking", ""}})},
                                        {15, sse("4", "state", {{"state", "done"}})}});
    host.stream("/api/jobs/jt/events", {{5, sse("1", "state", {{"state", "failed"}})}});
    api::JobInfo done, failed;
    done.id = "jb", failed.id = "jt";
    done.state = api::JobState::done, failed.state = api::JobState::failed;
    done.result = {{"text", "Il Coriobella."}};
    failed.error = api::make_error("out_of_memory", "cannot answer", "", "too little memory", "");
    host.routes["GET /api/jobs/jb"].body = bytes(api::to_json(done));
    host.routes["GET /api/jobs/jt"].body = bytes(api::to_json(failed));
    host.start();
    QSignalSpy texts(&host.service, &FinetuneService::compared_text), ends(&host.service, &FinetuneService::compared);
    int64_t seed = 0;
    host.service.compare(QStringLiteral("r1"), {}, [&seed](const auto& started) { seed = started.seed; }, {});
    QTRY_COMPARE(ends.size(), 2);
    QCOMPARE(seed, int64_t{42});
    QCOMPARE(texts[1][1].toString(), QStringLiteral("Il Coriobella"));
    QCOMPARE(texts.last()[1].toString(), QStringLiteral("Il Coriobella."));  // as the job's result has it
    QHash<QString, QString> errors;
    for (const auto& end : ends) errors.insert(end[0].toString(), end[1].toString());
    QCOMPARE(errors.value(QStringLiteral("jb")), QString());
    QCOMPARE(errors.value(QStringLiteral("jt")), QStringLiteral("Cannot answer: too little memory"));
  }

  void an_export_ends_with_its_path() {
    TrainingHost host;
    host.routes["POST /api/training/runs/r1/export"] = {202, "application/json", R"({"job": "je"})", {}, false, false};
    host.stream("/api/jobs/je/events", {{0, sse("1", "state", {{"state", "done"}})}});
    api::JobInfo done;
    done.state = api::JobState::done;
    done.kind = api::JobKind::export_result;
    done.result = {{"path", "/out/ada.gguf"}, {"size_bytes", 9}};
    host.routes["GET /api/jobs/je"].body = bytes(api::to_json(done));
    host.start();
    QString path;
    api::ExportBody body;
    body.format = api::ExportFormat::gguf;
    body.folder = "/out";
    host.service.export_run(QStringLiteral("r1"), body, [&path](const QString& written) { path = written; }, {});
    QTRY_COMPARE(path, QStringLiteral("/out/ada.gguf"));
    QCOMPARE(host.body("POST /api/training/runs/r1/export")["format"].get<std::string>(), std::string("gguf"));
  }

  void thumbnails_name_paths_that_need_care() {
    TrainingHost host;
    QImage image(4, 4, QImage::Format_RGB32);
    image.fill(Qt::red);
    QByteArray png;
    QBuffer buffer(&png);
    buffer.open(QIODevice::WriteOnly);
    image.save(&buffer, "PNG");
    const QByteArray path = "GET /api/training/thumbnail?path=%2Fdata%2Fa%20%26b.png&size=256";
    host.routes[path] = {200, "image/png", png, {}, false, false};
    host.start();
    QImage got;
    host.service.fetch_thumbnail(QStringLiteral("/data/a &b.png"), 256,
                                 [&got](const QImage& picture) { got = picture; });
    QTRY_VERIFY2(got.size() == QSize(4, 4), host.asked.last().path.constData());
  }
};

QTEST_GUILESS_MAIN(HostFinetuneServiceTest)
#include "host_finetune_service_test.moc"
