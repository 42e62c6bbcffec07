// The gauges of the whole window: what a host says of its machine is what they show, with how it is known or why it is
// not; and a click opens the history of the one that was clicked.
#include "engine/api/telemetry.h"
#include "tests/gui/real_window.h"
#include "tests/ui/replay/replay_server.h"
#include "ui/panels/machine/machine_panel.h"
#include "ui/widgets/gauge.h"
#include "ui/widgets/gauge_strip.h"
#include "ui/widgets/history_chart.h"
#include "ui/widgets/memory_gauge.h"

using namespace diptych;
using ui::GaugeKind;

namespace {

constexpr const char* root_only = "only root may read /sys/class/powercap/intel-rapl:0/energy_uj";

api::TelemetrySample sample(bool counter) {
  api::TelemetrySample result;
  result.time_ms = QDateTime::currentMSecsSinceEpoch();
  result.busy = true;
  result.tokens_per_s = api::reading(212, api::Known::counter, "tokens generated over time");
  api::DeviceTelemetry device;
  device.device = "cpu";
  device.memory_capacity_bytes = api::reading(24e9, api::Known::counter, "/proc/meminfo, cgroup");
  device.memory_other_bytes = api::reading(6e9, api::Known::estimated, "capacity less free less this process");
  device.owners = {{"weights", 1e9, 1e9}, {"kv_cache", 2e9, 2e9}, {"activations", 0.5e9, 1e9}, {"workspace", 0, 0}};
  device.bandwidth_gb_s = api::reading(11.5, api::Known::modelled, "bytes declared by the ops over time");
  device.bandwidth_roofline_gb_s = api::reading(15, api::Known::counter, "measured on this machine: reading memory");
  device.gflop_s = api::reading(60, api::Known::modelled, "operations declared by the ops over time");
  device.gflop_s_roofline = api::reading(190, api::Known::counter, "measured on this machine: multiply-adds");
  device.power_w = counter ? api::reading(31, api::Known::counter, "RAPL package-0") : api::unreadable(root_only);
  device.joules_per_token =
      counter ? api::reading(0.146, api::Known::counter, "RAPL package-0") : api::unreadable(root_only);
  result.devices = {device};
  return result;
}

QByteArray event(const api::TelemetrySample& sample) {
  return "event: sample\ndata: " + QByteArray::fromStdString(api::dump(api::to_json(sample))) + "\n\n";
}

replay::Response answer(const replay::Request& request) {
  replay::Response response;
  const QByteArray path = request.path.split('?').first();
  response.body = "{}";
  if (path == "/api/version") response.body = R"({"protocol": "1.0", "version": "0.1", "pid": 1})";
  if (path == "/api/events" || path == "/api/telemetry") {
    response.stream = {{0, ": hello\n\n"}};
    response.stays_open = true;
  }
  if (path == "/api/telemetry") {  // first without a counter, then with one
    for (int i = 0; i < 200; ++i) response.stream << replay::Piece{i * 100.0, event(sample(i >= 15))};
  }
  return response;
}

QString plain(QString text) {
  return text.replace(QChar(QChar::Nbsp), QChar(' '));  // between a number and its unit
}

}  // namespace

class GaugesTest : public QObject {
  Q_OBJECT

  std::unique_ptr<replay::ReplayServer> server_;
  std::unique_ptr<gui::RealWindow> f_;

  ui::GaugeStrip* strip() { return f_->workbench.window()->gauges(); }
  ui::Gauge* gauge(GaugeKind kind) { return strip()->gauge(kind); }

 private slots:
  void initTestCase() {
    server_ = std::make_unique<replay::ReplayServer>(answer);
    window::Arguments arguments;
    arguments.host = ui::HostAddress{QUrl(QStringLiteral("http://127.0.0.1:%1").arg(server_->port())), {}};
    f_ = std::make_unique<gui::RealWindow>(arguments);
    f_->workbench.window()->resize(1600, 900);
    QTRY_VERIFY_WITH_TIMEOUT(gauge(GaugeKind::speed)->value_text().contains("212"), 20'000);
  }
  void cleanupTestCase() { f_.reset(); }

  void figures_stand_against_their_limits_and_say_how_they_are_known() {
    QCOMPARE(plain(gauge(GaugeKind::bandwidth)->value_text()), QStringLiteral("11.5 of 15.0 GB/s"));
    const QString tooltip = gauge(GaugeKind::bandwidth)->toolTip();
    QVERIFY2(tooltip.contains("measured on this machine") && tooltip.contains("modelled"), qPrintable(tooltip));
    QVERIFY(gauge(GaugeKind::compute)->value_text().contains("of 190"));
    const QString memory = plain(strip()->memory()->accessibleDescription());
    for (const char* share : {"Weights: 1.0", "KV cache: 2.0", "Activations: 500", "Other programs: 6.0", "Free: 14.5"})
      QVERIFY2(memory.contains(QLatin1String(share)), qPrintable(memory));
  }

  void power_says_why_it_is_not_readable_until_it_is() {
    for (const GaugeKind kind : {GaugeKind::power, GaugeKind::energy}) {
      QCOMPARE(gauge(kind)->value_text(), QStringLiteral("not readable"));
      QVERIFY(gauge(kind)->toolTip().contains(QLatin1String(root_only)));
      QVERIFY(gauge(kind)->accessibleDescription().contains(QLatin1String(root_only)));
    }
    QTRY_COMPARE_WITH_TIMEOUT(plain(gauge(GaugeKind::power)->value_text()), QStringLiteral("31.0 W"), 20'000);
    QVERIFY(gauge(GaugeKind::power)->toolTip().contains("RAPL package-0"));
    QVERIFY(gauge(GaugeKind::power)->accessibleDescription().contains("counter"));
    QCOMPARE(plain(gauge(GaugeKind::energy)->value_text()), QStringLiteral("0.146 J/token"));
  }

  void a_click_opens_the_history() {
    for (const GaugeKind kind : ui::all_gauges) {
      f_->workbench.window()->show_panel(QStringLiteral("chat"));
      QAbstractButton* button = kind == GaugeKind::memory ? static_cast<QAbstractButton*>(strip()->memory())
                                                          : static_cast<QAbstractButton*>(gauge(kind));
      QVERIFY(button->isVisible());
      if (kind == GaugeKind::power) {  // by keyboard as well
        button->setFocus();
        QTest::keyClick(button, Qt::Key_Space);
      } else {
        QTest::mouseClick(button, Qt::LeftButton);
      }
      QCOMPARE(f_->workbench.window()->panel()->id(), QStringLiteral("machine"));
      auto* chart = qobject_cast<ui::HistoryChart*>(QApplication::focusWidget());
      QVERIFY2(chart && chart->kind() == kind, qPrintable(ui::gauge_title(kind)));
      QVERIFY(chart->isVisible());
      QTest::keyClick(chart, Qt::Key_End);
      // Nothing is written now: energy per token has no value, and says so.
      QVERIFY2(chart->readout().contains(QRegularExpression("[0-9]|not readable")), qPrintable(chart->readout()));
    }
  }
};

int main(int argc, char** argv) {
  diptych::gui::OwnHome home;
  QApplication application(argc, argv);
  std::setlocale(LC_NUMERIC, "C");
  GaugesTest test;
  return QTest::qExec(&test, argc, argv);
}
#include "gauges_test.moc"
