#include "ui/panels/models/models_panel.h"

#include <QLabel>
#include <QMutex>
#include <QProgressBar>
#include <QPushButton>
#include <QSignalSpy>
#include <QTableView>
#include <QtTest>

#include "tests/ui/replay/replay_server.h"
#include "ui/panels/chat/host_chat_service.h"
#include "ui/panels/models/model_details.h"
#include "ui/panels/models/models_page.h"

using namespace diptych;
using namespace diptych::ui;
using replay::Request;
using replay::Response;

namespace {

api::ModelInfo model(const char* id, int64_t size, api::ModelState state = api::ModelState::available) {
  api::ModelInfo result;
  result.id = result.name = id;
  result.size_bytes = size;
  result.state = state;
  return result;
}

api::CatalogueModel entry(const char* name, int64_t size) {
  api::CatalogueModel result;
  result.name = result.title = name;
  result.licence = "Apache-2.0";
  result.size_bytes = size;
  return result;
}

QByteArray bytes(const api::Json& json) {
  return QByteArray::fromStdString(api::dump(json));
}

struct Fixture {
  Fixture()
      : server([this](const Request& request) { return answer(request); }),
        link({}, HostAddress{QUrl(QStringLiteral("http://127.0.0.1:%1").arg(server.port())), {}}),
        service(&link),
        panel(&link, &service) {
    panel.content()->resize(1200, 600);
    panel.content()->show();
    panel.inspector()->show();
    link.start();
    service.list_models();
  }

  Response answer(const Request& request) {
    const QMutexLocker lock(&mutex);
    asked << request.method + " " + request.path;
    Response response;
    response.body = "{}";
    if (request.path == "/api/version") response.body = R"({"protocol": "1.0"})";
    if (request.path == "/api/models") {
      api::ModelList list;
      list.models = {model("Small-1B.Q4_0", 100, api::ModelState::loaded), model("big", 9000)};
      list.models[0].memory_bytes = 300;
      list.models[1].memory_bytes = 9'000'000'000;
      list.models[1].free_bytes = 4'000'000'000;
      if (with_painter) {
        list.models.push_back(model("painter", 500));
        list.models.back().kind = api::ModelKind::image;
      }
      list.catalogue = {entry("small-1b", 100), entry("new", 5000)};
      response.body = bytes(api::to_json(list));
    }
    if (request.path == "/api/models/get") response.body = R"({"job": "j/1"})";
    if (request.path == "/api/jobs?limit=1000")
      response.body = R"({"jobs": [{"id": "a", "kind": "load", "state": "done", "subject": {"model": "big"},
                          "created_ms": 1000}]})";
    if (request.path == "/api/events" || request.path.endsWith("/events")) {
      response.stream = {{0, ": hello\n\n"}};
      response.stays_open = true;
    }
    if (request.path == "/api/jobs/j%2F1/events") response.stream << job;
    return response;
  }
  bool was_asked(const QByteArray& what) {
    const QMutexLocker lock(&mutex);
    return asked.contains(what);
  }
  QPushButton* button() { return panel.inspector()->findChild<QPushButton*>(); }
  void select(const QString& key) { static_cast<ModelsPage*>(panel.content())->select(key); }

  QMutex mutex;
  bool with_painter = false;
  QList<QByteArray> asked;
  QList<replay::Piece> job;
  replay::ReplayServer server;
  HostLink link;
  chat::HostChatService service;
  ModelsPanel panel;
};

}  // namespace

class ModelsPanelTest : public QObject {
  Q_OBJECT

 private slots:
  void what_is_here_meets_its_catalogue_entry() {
    const auto rows = merge_models({model("Small-1B.Q4_0", 100), model("small-1b-tuned", 101)},
                                   {entry("small-1b", 100), entry("new", 5000)});
    QCOMPARE(rows.size(), size_t{3});
    QCOMPARE(rows[0].licence(), QStringLiteral("Apache-2.0"));
    QVERIFY(rows[1].licence().isEmpty());  // of another size: another model, whatever its name
    QVERIFY(!rows[2].on_disk());
    QCOMPARE(rows[2].name(), QStringLiteral("new"));
  }

  void the_table_sorts_by_what_numbers_mean() {
    Fixture f;
    QTRY_COMPARE(f.panel.table()->rowCount(), 3);
    auto* view = static_cast<ModelsPage*>(f.panel.content())->view();
    view->sortByColumn(ModelTable::size, Qt::AscendingOrder);
    QStringList names;
    for (int i = 0; i < 3; ++i) names << view->model()->index(i, 0).data().toString();
    QCOMPARE(names, (QStringList{"small-1b", "new", "big"}));
    f.panel.shown();
    QTRY_VERIFY(f.panel.table()->row("model:big")->last_used_ms == 1000);
    QVERIFY(view->model()->index(0, ModelTable::memory).data().toString().startsWith(QStringLiteral("● ")));
  }

  void details_say_whether_it_fits_and_load_it() {
    Fixture f;
    QTRY_COMPARE(f.panel.table()->rowCount(), 3);
    f.select("model:big");
    QStringList texts;
    for (QLabel* label : f.panel.inspector()->findChildren<QLabel*>()) texts << label->text().simplified();
    QVERIFY2(texts.contains("5.00 GB too large for the free memory"), qPrintable(texts.join('|')));
    QCOMPARE(f.button()->text(), QStringLiteral("Load"));
    QTest::mouseClick(f.button(), Qt::LeftButton);
    QTRY_VERIFY(f.was_asked("POST /api/models/load"));
    f.select("model:Small-1B.Q4_0");
    QCOMPARE(f.button()->text(), QStringLiteral("Unload"));
    QTest::mouseClick(f.button(), Qt::LeftButton);
    QTRY_VERIFY(f.was_asked("POST /api/models/unload"));
  }

  // Lists are made of headers; a prediction takes longer, and is asked for where somebody looks.
  void an_image_models_memory_is_predicted_when_it_is_selected() {
    Fixture f;
    {
      const QMutexLocker lock(&f.mutex);
      f.with_painter = true;
    }
    f.service.list_models();
    QTRY_COMPARE(f.panel.table()->rowCount(), 4);
    f.select("model:big");
    QVERIFY(!f.was_asked("POST /api/images/models"));
    f.select("model:painter");
    QTRY_VERIFY(f.was_asked("POST /api/images/models"));
    f.select("model:big");
    f.select("model:painter");
    QTest::qWait(50);
    const QMutexLocker lock(&f.mutex);
    QCOMPARE(f.asked.count("POST /api/images/models"), 1);
  }

  void getting_shows_progress_and_ends() {
    Fixture f;
    f.job = {{1,
              "id: 1\nevent: progress\ndata: {\"progress\": 0.5, \"phase\": \"downloading\", \"bytes\": 2500, "
              "\"total_bytes\": 5000, \"bytes_per_s\": 500}\n\n"},
             {400, "id: 2\nevent: state\ndata: {\"state\": \"done\"}\n\n"}};
    QTRY_COMPARE(f.panel.table()->rowCount(), 3);
    f.select("entry:new");
    QCOMPARE(f.button()->text().simplified(), QStringLiteral("Get 5.00 kB"));
    QSignalSpy told(&f.panel, &Panel::notice);
    QTest::mouseClick(f.button(), Qt::LeftButton);
    auto* bar = f.panel.inspector()->findChild<QProgressBar*>();
    QTRY_VERIFY(bar->isVisible());
    QCOMPARE(bar->value(), 500);
    QCOMPARE(f.button()->text(), QStringLiteral("Cancel"));
    QStringList texts;
    for (QLabel* label : f.panel.inspector()->findChildren<QLabel*>()) texts << label->text().simplified();
    QVERIFY2(texts.join('|').contains("5.00 s left"), qPrintable(texts.join('|')));
    QTRY_COMPARE(told.size(), 1);
    QVERIFY(!bar->isVisible());
  }

  void getting_can_be_cancelled_and_fails_with_a_next_step() {
    Fixture f;
    f.job = {
        {1, "id: 1\nevent: progress\ndata: {\"progress\": 0.1}\n\n"},
        {500,
         "id: 2\nevent: state\ndata: {\"state\": \"failed\", \"error\": {\"message\": \"the disk is full\"}}\n\n"}};
    QTRY_COMPARE(f.panel.table()->rowCount(), 3);
    f.select("entry:new");
    Notice told;
    connect(&f.panel, &Panel::notice, this, [&](const Notice& notice) { told = notice; });
    QTest::mouseClick(f.button(), Qt::LeftButton);
    QTRY_COMPARE(f.button()->text(), QStringLiteral("Cancel"));
    QVERIFY(f.panel.cancel());
    QTRY_VERIFY(f.was_asked("POST /api/jobs/j%2F1/cancel"));
    QTRY_COMPARE(told.text, QStringLiteral("the disk is full"));
    QCOMPARE(told.action_label, QStringLiteral("Try again"));
    QVERIFY(!f.panel.cancel());
  }
};

QTEST_MAIN(ModelsPanelTest)
#include "models_panel_test.moc"
