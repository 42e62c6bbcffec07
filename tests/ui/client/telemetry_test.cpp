#include <QtTest>

#include "tests/ui/replay/replay_server.h"
#include "ui/client/telemetry_client.h"

using namespace diptych;
using namespace diptych::ui;

namespace {

api::TelemetrySample sample() {
  api::TelemetrySample result;
  result.time_ms = 1000;
  result.tokens_per_s = api::reading(38.2, api::Known::counter, "tokens over the last second");
  api::DeviceTelemetry device;
  device.device = "cpu";
  device.memory_capacity_bytes = api::reading(24e9, api::Known::counter, "MemTotal");
  device.memory_other_bytes = api::reading(3e9, api::Known::counter, "MemTotal - MemAvailable");
  device.owners = {{"weights", 98e6, 98e6}, {"kv_cache", 20e6, 30e6}, {"gradients", 0, 0}, {"lora", 5e6, 5e6}};
  device.bandwidth_gb_s = api::reading(11.5, api::Known::modelled, "declared bytes over measured time");
  device.bandwidth_roofline_gb_s = api::reading(20.5, api::Known::counter, "measured by bench roofline");
  device.power_w = api::unreadable("only root may read RAPL");
  device.joules_per_token = api::reading(0.9, api::Known::estimated, "65 W as entered over tokens per second");
  result.devices = {device};
  return result;
}

}  // namespace

class TelemetryTest : public QObject {
  Q_OBJECT

 private slots:
  void every_figure_says_how_it_is_known() {
    const GaugeSnapshot snapshot = to_snapshot(api::from_json<api::TelemetrySample>(api::to_json(sample())));
    QCOMPARE(snapshot.capacity_bytes, 24e9);
    QCOMPARE(snapshot.memory, (QList<MemoryShare>{{MemoryOwner::weights, 98e6},
                                                  {MemoryOwner::kv_cache, 20e6},
                                                  {MemoryOwner::workspace, 5e6},  // an owner of a newer host
                                                  {MemoryOwner::other_programs, 3e9}}));
    QCOMPARE(*snapshot.bandwidth_gb_s.value, 11.5);
    QCOMPARE(snapshot.bandwidth_gb_s.limit, 20.5);
    QCOMPARE(snapshot.bandwidth_gb_s.provenance, Provenance::modelled);
    QVERIFY(snapshot.bandwidth_gb_s.source.contains("declared bytes") &&
            snapshot.bandwidth_gb_s.source.contains("bench roofline"));
    QVERIFY(!snapshot.power_w.value);
    QCOMPARE(snapshot.power_w.missing, QStringLiteral("only root may read RAPL"));
    QCOMPARE(snapshot.joules_per_token.provenance, Provenance::estimated);
    QCOMPARE(snapshot.tokens_per_s.provenance, Provenance::counter);
    QVERIFY(to_snapshot({}).memory.isEmpty());
  }

  void follows_the_host_and_says_when_it_is_gone() {
    const QByteArray data = QByteArray::fromStdString(api::dump(api::to_json(sample())));
    replay::ReplayServer server([&](const replay::Request& request) {
      replay::Response response;
      if (request.path == "/api/version") response.body = "{\"protocol\": \"1.0\"}";
      if (request.path.startsWith("/api/telemetry/history"))
        response.body = "{\"samples\": [" + data + "," + data + "]}";
      if (request.path == "/api/telemetry" || request.path == "/api/events") {
        response.stream = {{0, ": hello\n\n"}};
        response.stays_open = true;
      }
      if (request.path == "/api/telemetry")
        response.stream << replay::Piece{40, "event: sample\ndata: " + data + "\n\n"};
      return response;
    });
    HostLink link({}, HostAddress{QUrl(QStringLiteral("http://127.0.0.1:%1").arg(server.port())), {}});
    TelemetryClient client(&link);
    GaugeSnapshot last;
    connect(&client, &TelemetryClient::snapshot, this, [&](const GaugeSnapshot& snapshot) { last = snapshot; });
    link.start();
    QTRY_COMPARE(last.tokens_per_s.value, std::optional<double>(38.2));
    QVERIFY(!client.history()->snapshots().empty());
    emit link.state_changed(HostLink::State::lost, QStringLiteral("The engine stopped"));
    QVERIFY(!last.tokens_per_s.value);
    QCOMPARE(last.tokens_per_s.missing, QStringLiteral("The engine stopped"));
  }
};

QTEST_GUILESS_MAIN(TelemetryTest)
#include "telemetry_test.moc"
