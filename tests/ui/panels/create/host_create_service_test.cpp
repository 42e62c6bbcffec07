// The service against a server that answers as engine/api/README.md says.
#include "ui/panels/create/host_create_service.h"

#include <QMutex>
#include <QSignalSpy>
#include <QtTest>
#include <map>

#include "engine/api/sse.h"
#include "tests/ui/panels/create/fake_create_service.h"
#include "tests/ui/replay/replay_server.h"

using namespace diptych;
using namespace diptych::create;
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

struct ImageHost {
  ImageHost()
      : server([this](const Request& request) {
          const QMutexLocker lock(&mutex);
          asked << request;
          const auto found = routes.find(request.method + " " + request.path);
          if (found != routes.end()) return found->second;
          Response response;
          response.status = 404;
          response.body =
              bytes(api::error_body(api::make_error("not_found", "no such thing", "it", "why", "what to do")));
          return response;
        }),
        link({}, ui::HostAddress{QUrl(QStringLiteral("http://127.0.0.1:%1").arg(server.port())), {}}),
        service(&link) {
    routes["GET /api/version"].body = R"({"protocol": "1.1", "version": "0.1", "pid": 1})";
    stream("/api/events", {{0, ": hello\n\n"}});
    routes["GET /api/images/queue"].body = R"({"jobs": []})";
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
  int count(const QByteArray& what) {
    const QMutexLocker lock(&mutex);
    return static_cast<int>(std::count_if(asked.begin(), asked.end(),
                                          [&](const Request& one) { return one.method + " " + one.path == what; }));
  }

  QMutex mutex;
  QList<Request> asked;
  std::map<QByteArray, Response> routes;
  replay::ReplayServer server;
  ui::HostLink link;
  HostCreateService service;
};

}  // namespace

class HostCreateServiceTest : public QObject {
  Q_OBJECT

 private slots:
  void models_that_make_pictures_are_listed() {
    ImageHost host;
    api::ModelList list;
    list.models.resize(2);
    list.models[0].id = "talks";
    list.models[1].id = "paints";
    list.models[1].kind = api::ModelKind::image;
    host.routes["GET /api/models"].body = bytes(api::to_json(list));
    host.start();
    std::vector<api::ModelInfo> models;
    connect(&host.service, &CreateService::models_listed, this, [&](const auto& listed) { models = listed; });
    host.service.list_models();
    QTRY_COMPARE(models.size(), size_t{1});
    QCOMPARE(models[0].id, std::string("paints"));
  }

  void settings_are_sent_and_the_job_is_followed() {
    ImageHost host;
    Response& started = host.routes["POST /api/images"];
    started.status = 202;
    started.body = R"({"job": "j/1", "seed": 7})";
    api::ImageQueue queue;
    queue.jobs.resize(1);
    queue.jobs[0].job.id = "j/1";
    queue.jobs[0].job.kind = api::JobKind::image;
    queue.jobs[0].job.state = api::JobState::running;
    host.routes["GET /api/images/queue"].body = bytes(api::to_json(queue));
    api::ImageProgress progress;
    progress.phase = "denoising";
    progress.step = 3;
    progress.steps = 20;
    host.stream("/api/jobs/j%2F1/events", {{0, sse("1", "progress", api::to_json(progress))},
                                           {1, sse("2", "preview", {{"number", 1}})},
                                           {200, sse("3", "state", {{"state", "done"}})}});
    host.routes["GET /api/jobs/j%2F1/preview"].body = FakeCreateService::png(FakeCreateService::painted("p", 64));
    host.start();
    QSignalSpy began(&host.service, &CreateService::started), previews(&host.service, &CreateService::previewed),
        steps(&host.service, &CreateService::progressed), ends(&host.service, &CreateService::job_ended);
    api::ImageSettings settings;
    settings.prompt = "a cat";
    settings.model = "paints";
    host.service.generate(settings);
    QTRY_COMPARE(began.size(), 1);
    QCOMPARE(began[0][1].toLongLong(), 7);
    const auto sent = api::parse(host.last("POST /api/images").body.toStdString());
    QVERIFY(sent && api::from_json<api::ImageSettings>(*sent) == settings);
    QTRY_COMPARE(steps.size(), 1);
    QTRY_COMPARE(previews.size(), 1);
    QCOMPARE(previews[0][1].value<QImage>().width(), 64);
    host.routes["GET /api/images/queue"].body = R"({"jobs": []})";
    QTRY_COMPARE(ends.size(), 1);
  }

  void a_job_that_fails_is_told_once() {
    ImageHost host;
    api::JobInfo job;
    job.id = "j1";
    job.kind = api::JobKind::image;
    job.state = api::JobState::failed;
    job.error = api::make_error("out_of_memory", "the picture does not fit", "paints", "3 GB are missing",
                                "choose a smaller size");
    host.stream("/api/events",
                {{0, sse("1", "job_changed", api::to_json(job))}, {1, sse("2", "job_changed", api::to_json(job))}});
    QList<Failure> told;
    connect(&host.service, &CreateService::failed, this, [&](const Failure& failure) { told << failure; });
    host.start();
    QTRY_COMPARE(told.size(), 1);
    QTest::qWait(50);
    QCOMPARE(told.size(), 1);
    QCOMPARE(told[0].text(),
             QStringLiteral("The picture does not fit (paints): 3 GB are missing. Choose a smaller size"));
  }

  void of_several_estimates_the_last_is_answered() {
    ImageHost host;
    api::ImageEstimate estimate;
    estimate.steps = 5;
    host.routes["POST /api/images/estimate"].body = bytes(api::to_json(estimate));
    host.start();
    QList<int> answered;
    connect(&host.service, &CreateService::estimated, this,
            [&](const api::ImageSettings& settings, const auto&) { answered << settings.steps; });
    api::ImageSettings settings;
    for (const int steps : {1, 2, 3, 4}) {
      settings.steps = steps;
      host.service.estimate(settings);
    }
    QTRY_COMPARE(answered, QList<int>{4});
    QCOMPARE(host.count("POST /api/images/estimate"), 2);
  }

  void pictures_are_handed_over_as_they_are() {
    ImageHost host;
    Response& uploaded = host.routes["POST /api/images/uploads"];
    uploaded.status = 201;
    uploaded.body = R"({"id": "u1", "width": 64, "height": 64})";
    api::RestoredSettings restored;
    restored.program = "ComfyUI";
    restored.settings.prompt = "a cat";
    host.routes["POST /api/images/recipe"].body = bytes(api::to_json(restored));
    host.start();
    const QByteArray picture = FakeCreateService::png(FakeCreateService::painted("x", 64));
    QString id;
    host.service.upload(
        picture, [&](const api::UploadInfo& upload) { id = QString::fromStdString(upload.id); },
        [](const Failure&) { QFAIL("refused"); });
    QTRY_COMPARE(id, QStringLiteral("u1"));
    QCOMPARE(host.last("POST /api/images/uploads").body, picture);
    QSignalSpy read(&host.service, &CreateService::recipe_read);
    host.service.read_recipe(picture);
    QTRY_COMPARE(read.size(), 1);
  }

  void the_gallery_is_asked_for_by_pages_and_changed() {
    ImageHost host;
    api::ImageInfo image;
    image.id = "a b";
    api::ImageList list;
    list.images = {image};
    list.more = true;
    host.routes["GET /api/images?deleted=0&limit=100&q=red%20cat&favourite=1&before=z"].body =
        bytes(api::to_json(list));
    host.routes["PATCH /api/images/a%20b"].body = bytes(api::to_json(image));
    host.routes["GET /api/images/a%20b/thumbnail?size=256"].body =
        FakeCreateService::png(FakeCreateService::painted("x", 64));
    host.start();
    api::ImageList listed;
    connect(&host.service, &CreateService::images_listed, this, [&](const auto&, const auto& got) { listed = got; });
    host.service.list_images({QStringLiteral("red cat"), true, QStringLiteral("z")});
    QTRY_COMPARE(listed.images.size(), size_t{1});
    QVERIFY(listed.more);
    QSignalSpy thumbnails(&host.service, &CreateService::thumbnail_fetched);
    host.service.set_deleted(QStringLiteral("a b"), true);
    host.service.set_deleted(QStringLiteral("a b"), false);
    QTRY_COMPARE(host.count("PATCH /api/images/a%20b"), 2);  // in this order
    QCOMPARE(host.last("PATCH /api/images/a%20b").body, QByteArray(R"({"deleted":false})"));
    host.service.fetch_thumbnail(QStringLiteral("a b"));
    host.service.fetch_thumbnail(QStringLiteral("a b"));  // on its way already
    QTRY_COMPARE(thumbnails.size(), 1);
    QCOMPARE(host.count("GET /api/images/a%20b/thumbnail?size=256"), 1);
  }

  void what_is_refused_says_what_to_do() {
    ImageHost host;
    host.start();
    QList<Failure> told;
    connect(&host.service, &CreateService::not_started, this, [&](const Failure& failure) { told << failure; });
    host.service.generate({});
    QTRY_COMPARE(told.size(), 1);
    QCOMPARE(told[0].to_do, QStringLiteral("What to do"));
    bool plotted = true;
    host.service.estimate_plot(
        {}, [](const auto&) {}, [&](const Failure&) { plotted = false; });
    QTRY_VERIFY(!plotted);
  }
};

QTEST_GUILESS_MAIN(HostCreateServiceTest)
#include "host_create_service_test.moc"
