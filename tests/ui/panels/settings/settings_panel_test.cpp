#include "ui/panels/settings/settings_panel.h"

#include <QComboBox>
#include <QDoubleSpinBox>
#include <QMutex>
#include <QTemporaryDir>
#include <QtTest>

#include "tests/ui/replay/replay_server.h"
#include "ui/client/host_link.h"
#include "ui/preferences/preferences.h"

using namespace diptych;
using namespace diptych::ui;
using replay::Request;
using replay::Response;

class SettingsPanelTest : public QObject {
  Q_OBJECT

  QTemporaryDir folder_;

  template <typename T>
  static T* field(QWidget* page, const char* name) {
    for (T* one : page->findChildren<T*>())
      if (one->accessibleName() == QLatin1String(name)) return one;
    return nullptr;
  }

 private slots:
  void the_windows_own_settings_apply_at_once_and_stay() {
    const QString file = folder_.filePath("w.ini");
    {
      Preferences preferences(file);
      HostLink link("/nowhere");
      SettingsPanel panel(&preferences, &link);
      auto* theme = field<QComboBox>(panel.content(), "Theme");
      QCOMPARE(theme->currentText(), QStringLiteral("As the system"));
      QSignalSpy changed(&preferences, &Preferences::changed);
      theme->setCurrentIndex(2);
      emit theme->activated(2);
      QCOMPARE(preferences.theme(), QStringLiteral("dark"));
      QCOMPARE(changed.size(), 1);
      // The engine's wait until there is one.
      QVERIFY(!field<QDoubleSpinBox>(panel.content(), "Power under load")->isEnabled());
    }
    QCOMPARE(Preferences(file).theme(), QStringLiteral("dark"));
    QFile broken(folder_.filePath("broken.ini"));
    QVERIFY(broken.open(QIODevice::WriteOnly));
    broken.write("[General]\ntheme=purple\n\xff\xfe[");
    broken.close();
    QCOMPARE(Preferences(broken.fileName()).theme(), QStringLiteral("system"));
  }

  void the_engines_settings_are_the_hosts() {
    QMutex mutex;
    QByteArray put;
    replay::ReplayServer server([&](const Request& request) {
      Response response;
      response.body = R"({"protocol": "1.0", "watts": null, "keep_alive_s": 77, "kv": "f16", "context_tokens": 4096})";
      if (request.path == "/api/events") {
        response.stream = {{0, ": hi\n\n"}, {600, "event: settings_changed\ndata: {\"watts\": 90}\n\n"}};
        response.stays_open = true;
      }
      const QMutexLocker lock(&mutex);
      if (request.method == "PUT") put = request.body;
      return response;
    });
    Preferences preferences(folder_.filePath("other.ini"));
    HostLink link({}, HostAddress{QUrl(QStringLiteral("http://127.0.0.1:%1").arg(server.port())), {}});
    SettingsPanel panel(&preferences, &link);
    link.start();
    auto* watts = field<QDoubleSpinBox>(panel.content(), "Power under load");
    QTRY_VERIFY(watts->isEnabled());
    QCOMPARE(watts->text(), QStringLiteral("Not given"));
    QCOMPARE(field<QComboBox>(panel.content(), "Unload a model")->currentText(),
             QStringLiteral("After 77 s without use"));
    watts->setValue(65);
    const auto sent = [&] {
      const QMutexLocker lock(&mutex);
      return put;
    };
    QTRY_VERIFY2(sent().contains("\"watts\":65.0"), put.constData());
    QVERIFY(sent().contains("\"keep_alive_s\":77"));  // what was not touched stays
    QTRY_COMPARE(watts->value(), 90.0);               // another window changed it
  }
};

QTEST_MAIN(SettingsPanelTest)
#include "settings_panel_test.moc"
